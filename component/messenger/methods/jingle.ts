/**
 * Hands a parcel over by Jingle file transfer (XEP-0234) to one client: over SOCKS5 where it can, in-band where that comes to nothing.
 */
import type { ByteStream, OfferEvent, OfferMethod, OfferOrder, Parcel, Resource } from "../../control/ports.js";
import { type ErrorCode, Refusal, asRefusal } from "../../lib/errors.js";
import { randomId } from "../../lib/ids.js";
import type { Jid } from "../../lib/jid.js";
import type { Outcome } from "../negotiate/jingle.js";
import * as wire from "../wire/xep0166-jingle.js";
import * as ft from "../wire/xep0234-jingle-ft.js";
import * as s5b from "../wire/xep0260-jingle-s5b.js";
import type { Thumbnail } from "../wire/xep0264-thumbnails.js";
import type { Bits } from "./bits.js";
import * as ibb from "../wire/xep0261-jingle-ibb.js";
import { giveOut } from "./bytes.js";
import { type JingleSession, type Task, freshTransport } from "./jingle-session.js";
import type { JingleSessions } from "./jingle-sessions.js";

/** Dino counts in 32 bits, and nothing in caps tells it from the others. */
const MOST = 2 ** 31;

export interface JingleMethodParts {
  readonly sessions: JingleSessions;
  readonly bits: Bits;
  /** Who offers. */
  readonly self: Jid;
}

export class JingleMethod implements OfferMethod {
  readonly name = "jingle";
  readonly keeps = false;

  constructor(private readonly parts: JingleMethodParts) {}

  suits({ size }: Parcel, resource: Resource | undefined): boolean {
    const can = (feature: string): boolean => resource?.can(feature) === true;
    return size < MOST && can(wire.NS) && can(ft.NS) && (can(s5b.NS) || can(ibb.NS));
  }

  offer(order: OfferOrder, report: (event: OfferEvent) => Promise<void>): () => void {
    const { sessions, self } = this.parts;
    const [resource] = order.resources;
    if (!resource) throw new TypeError("a Jingle offer to no client");
    const { parcel } = order;
    const thumbnail = this.parts.bits.show(parcel.recipient, order.picture);
    const giving = new JingleGiving(order, report, thumbnail);
    const session: JingleSession = sessions.open(
      {
        direction: "out",
        self,
        peer: resource.jid,
        sid: randomId(),
        content: "file",
        version: 5,
        member: parcel.recipient,
        name: parcel.name,
      },
      giving,
    );
    giving.checksummed = (sha256) =>
      session.mention("session-info", { info: { type: "checksum", version: 5, name: "file", file: { sha256 } } });
    void this.#begin(session, giving, order, resource);
    return () => {
      giving.withdraw();
      session.note({ type: "withdrawn" });
    };
  }

  async #begin(session: JingleSession, giving: JingleGiving, order: OfferOrder, resource: Resource): Promise<void> {
    const { stream } = this.parts.sessions.parts;
    try {
      const hosts = resource.can(s5b.NS) === true && (await session.prepare(freshTransport("s5b")));
      // Without a host of ours it would be up to his, behind whatever he is; and not every taker survives a replacement (Dino).
      if ((hosts === 0 && resource.can(ibb.NS) === true) || hosts === false)
        await session.prepare(freshTransport("ibb"));
      // COMPAT: Dino drops an offer that overtakes the first line of a chat, and has just logged in, perhaps.
      await order.introduced;
      if (session.ended) return;
      const answer = session.initiate();
      giving.tell({ type: "sent" });
      await answer;
      if (session.unanswered) giving.tell({ type: "reached" });
    } catch (thrown) {
      if (!session.unanswered) return;
      // Nobody has answered: the client may be a dead connection that the server takes for alive, and wake up one day.
      if (asRefusal(thrown).code === "offline" && stream.online) giving.tell({ type: "unreached" });
      else giving.fail(session, thrown);
    }
  }
}

/** The bytes of one parcel on their way out. */
class JingleGiving implements Task {
  /** Says a hash that was not known when the file was offered (XEP-0234 §8.2). */
  checksummed = (_sha256: string): void => {};
  #offset = 0;
  #withdrawn = false;
  #failed: ErrorCode | undefined;

  constructor(
    private readonly order: OfferOrder,
    private readonly report: (event: OfferEvent) => Promise<void>,
    private readonly thumbnail: Thumbnail | undefined,
  ) {}

  tell(event: OfferEvent): void {
    if (!this.#withdrawn) void this.report(event);
  }

  withdraw(): void {
    this.#withdrawn = true;
  }

  /** The offer itself came to nothing: our own stream is down, or the client wants none of it. */
  fail(session: JingleSession, thrown: unknown): void {
    if (thrown instanceof Refusal) this.#failed = thrown.code;
    session.note({ type: "bounced" });
  }

  describe(): ft.FileDescription {
    const { name, size, mediaType, sha256 } = this.order.parcel;
    const hash = sha256 === "" ? { hashFollows: true } : { sha256 };
    return {
      type: "file",
      version: 5,
      file: { name, size, mediaType, ...hash, range: { offset: 0 }, thumbnail: this.thumbnail },
    };
  }

  accepted(description: ft.FileDescription | undefined): boolean {
    const { size } = this.order.parcel;
    const { offset = 0, length } = description?.file.range ?? {};
    // A part that does not reach the end would leave nobody with the file.
    if (offset > size || (length !== undefined && offset + length < size)) return false;
    this.#offset = offset;
    return true;
  }

  async move(stream: ByteStream, signal: AbortSignal, last: () => void): Promise<boolean> {
    const { parcel } = this.order;
    const span = { start: this.#offset, end: parcel.size };
    // He has all of it from an earlier attempt, and may say so at once.
    const isLast = span.start === span.end;
    if (isLast) last();
    // Not when he accepts: should no stream come about, the file goes another way.
    await this.#note({ type: "moving" }, last);
    if (isLast) await this.#note({ type: "last" }, last);
    await giveOut(stream, this.order, span, (event) => this.#note(event, last), signal);
    return true;
  }

  async #note(event: OfferEvent, last: () => void): Promise<void> {
    if (event.type === "last") {
      const { parcel, kept } = this.order;
      if (kept && parcel.sha256 === "") this.checksummed((await kept).parcel.sha256);
      last();
    }
    if (!this.#withdrawn) await this.report(event);
  }

  async keep(): Promise<void> {}

  checksum(): void {}

  ended(outcome: Outcome): void {
    switch (outcome.type) {
      case "done":
        return this.tell({ type: "delivered" });
      case "declined":
      case "cut":
        return this.tell({ type: outcome.type });
      case "failed":
        return this.tell({ type: "failed", code: this.#failed ?? outcome.code });
      case "withdrawn":
        return;
    }
  }
}
