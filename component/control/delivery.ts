/** From presence to offers, and from what becomes of an offer to the parcel's next state. */
import { ERRORS, Refusal, type ErrorCode } from "../lib/errors.js";
import { newToken } from "../lib/ids.js";
import { bareOf, type BareJid } from "../lib/jid.js";
import type { Clock } from "../lib/clock.js";
import type { Log } from "../lib/log.js";
import type { Index, Link, Notice, OfferEvent, OfferMethod, Parcel, Resource, Whereabouts } from "./ports.js";
import { decide, isOpen, type Move, type ParcelEvent } from "./parcel.js";
import type { Notices } from "./notices.js";
import { isAway } from "./whereabouts.js";
import { label, say, STATES, toRecipient, toSender } from "./words.js";

const PAGE = 20;
/** Offers whose end nobody may ever report (a client without receipts): the oldest are no longer withdrawn, only their links end. */
const MOST_HANDLES = 10_000;

export interface DeliveryParts {
  readonly index: Index;
  readonly whereabouts: Whereabouts;
  /** In the order in which they are tried. */
  readonly methods: readonly OfferMethod[];
  readonly notices: Notices;
  /** The URL of a capability. */
  readonly url: (token: string, name: string) => string;
  readonly clock: Clock;
  readonly log: Log;
}

export class Delivery {
  readonly #parts: DeliveryParts;
  /** Recipients whose parcels are being offered just now; true when he came online again meanwhile. */
  readonly #offering = new Map<BareJid, boolean>();
  /** Withdraws an offer that is out. */
  readonly #handles = new Map<string, () => void>();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** A client came online: what waits for its owner is offered. The presence path. */
  available(resource: Resource): void {
    this.consider(bareOf(resource.jid));
  }

  /** Offers what waits for `recipient`, if he can be offered anything now. */
  consider(recipient: BareJid): void {
    if (this.#offering.has(recipient)) {
      this.#offering.set(recipient, true);
      return;
    }
    this.#offering.set(recipient, false);
    void this.#offerAll(recipient)
      .catch((e: unknown) => this.#parts.log.warn({ err: e }, "offers wait for the next chance"))
      .finally(() => {
        const again = this.#offering.get(recipient);
        this.#offering.delete(recipient);
        if (again) this.consider(recipient);
      });
  }

  /**
   * Offers one waiting parcel now. `reachable`: he has just spoken to us, so he is there whether or not we see his presence.
   * False when he is away, or when somebody else was first.
   */
  async offer(parcel: Parcel, reachable = false): Promise<boolean> {
    const { index, whereabouts, methods, notices, url, clock } = this.#parts;
    const resources = whereabouts.resources(parcel.recipient);
    if (resources.length === 0 && !reachable && (await isAway(this.#parts, parcel.recipient))) return false;
    const method = methods.find((m) => (resources.length > 0 ? resources.some((r) => m.suits(parcel, r)) : m.suits(parcel, undefined))); // prettier-ignore
    if (!method) return false;

    const move = decide(parcel.state, "offer");
    if (typeof move === "string") return false;
    const { token, hash } = newToken();
    const at = clock.now();
    const link: Link = { hash, fileId: parcel.fileId, parcelId: parcel.id, since: at, until: parcel.until, served: [] };
    const receipt = parcel.tries === 0 ? [notices.make(parcel.sender, "offered", toSender(parcel))] : [];
    const offered = await index.step({ parcel, to: move.to, method: method.name, event: "offer", detail: method.name, at, notices: receipt, link, endLinks: false, hold: true }); // prettier-ignore
    if (!offered) return false;

    const order = { parcel: offered, resources, url: url(token, parcel.name), line: say("offer", toRecipient(parcel)) };
    this.#keepHandle(
      parcel.id,
      method.offer(order, (event) => void this.#report(offered, method, event, resources)),
    );
    if (receipt.length > 0) notices.flush(parcel.sender);
    return true;
  }

  /**
   * Applies an event to a parcel as it now is, with its history, its notices and its capabilities, in one transaction.
   * Answers the parcel, changed or not.
   * @throws Refusal "wrong-state" when the table refuses, "no-such-parcel" when it is gone
   */
  async apply(parcelId: string, event: ParcelEvent, detail = "", seen?: Parcel): Promise<Parcel> {
    const { index, notices, clock } = this.#parts;
    for (let parcel = seen; ; parcel = undefined) {
      parcel ??= await index.parcel(parcelId);
      if (!parcel) throw new Refusal("no-such-parcel", { which: "that number" });
      const move = decide(parcel.state, event);
      if (move === "stay") return parcel;
      if (move === "refuse")
        throw new Refusal("wrong-state", { which: label(parcel.name), state: STATES[parcel.state] });
      const told = this.#notices(parcel, move, event, detail);
      const next = await index.step({ parcel, to: move.to, event, detail, at: clock.now(), notices: told, endLinks: move.endLinks, hold: move.hold }); // prettier-ignore
      if (!next) continue; // somebody else was first: look again
      if (!isOpen(next.state)) this.#withdraw(parcelId);
      for (const notice of told) notices.flush(notice.to);
      return next;
    }
  }

  async #offerAll(recipient: BareJid): Promise<void> {
    for (let after = 0; ;) {
      const page = await this.#parts.index.waitingFor(recipient, after, PAGE);
      for (const parcel of page) await this.offer(parcel);
      if (page.length < PAGE) return;
      after = page.at(-1)!.number;
    }
  }

  async #report(parcel: Parcel, method: OfferMethod, event: OfferEvent, resources: readonly Resource[]): Promise<void> {
    try {
      switch (event.type) {
        case "sent":
          await this.apply(parcel.id, "sent", "", parcel);
          break;
        case "reached":
          break;
        case "unreached":
          for (const resource of resources) this.#parts.whereabouts.lost(resource.jid);
          if (!method.keeps) await this.apply(parcel.id, "unreached", method.name);
          break;
        case "bounced":
          await this.apply(parcel.id, "bounce", event.condition);
          break;
        case "moving":
          await this.apply(parcel.id, "begin", method.name);
          break;
        case "delivered":
          await this.apply(parcel.id, "complete", method.name);
          break;
        case "declined":
          await this.apply(parcel.id, "decline", method.name);
          break;
        case "failed":
          await this.apply(parcel.id, event.code === "offline" ? "recover" : "fail", event.code);
          break;
      }
    } catch (e) {
      this.#parts.log.warn(
        { err: e, parcel: parcel.id, event: event.type },
        "what became of an offer could not be recorded",
      );
    }
  }

  #notices(parcel: Parcel, move: Move, event: ParcelEvent, detail: string): Notice[] {
    const { notices } = this.#parts;
    switch (move.tell) {
      case "nobody":
        return [];
      case "recipient":
        return [notices.make(parcel.recipient, "taken-back", toRecipient(parcel))];
      case "sender":
        if (event === "bounce")
          return parcel.tries > 1 ? [] : [notices.make(parcel.sender, "unreachable", toSender(parcel))];
        return [notices.make(parcel.sender, receiptOf(event), { ...toSender(parcel), why: whyOf(detail) })];
    }
  }

  #keepHandle(parcelId: string, withdraw: () => void): void {
    this.#handles.delete(parcelId);
    if (this.#handles.size >= MOST_HANDLES) this.#handles.delete(this.#handles.keys().next().value!);
    this.#handles.set(parcelId, withdraw);
  }

  #withdraw(parcelId: string): void {
    this.#handles.get(parcelId)?.();
    this.#handles.delete(parcelId);
  }
}

function receiptOf(event: ParcelEvent): "delivered" | "declined" | "expired" | "failed" {
  switch (event) {
    case "complete":
      return "delivered";
    case "decline":
      return "declined";
    case "expire":
      return "expired";
    default:
      return "failed";
  }
}

/** A failed parcel's code as a sentence. */
function whyOf(detail: string): string {
  return detail in ERRORS ? new Refusal(detail as ErrorCode).message : "";
}
