/** From presence to offers, and from what becomes of an offer to the parcel's next state. */
import { Refusal } from "../../lib/errors.js";
import { newToken } from "../../lib/ids.js";
import { bareOf, type BareJid } from "../../lib/jid.js";
import type { Clock } from "../../lib/clock.js";
import type { Log } from "../../lib/log.js";
import { sealAgain } from "../../lib/sealed-link.js";
import { longLived } from "../../lib/signals.js";
import { Cuts } from "./cuts.js";
import { EarlyOffers, type EarlyOffer } from "./early.js";
import type { Hearing, Ladder } from "./ladder.js";
import { Learning } from "./learning.js";
import { Runs } from "./runs.js";
import { eventOf, isKnownDelivered, noticesOf } from "./told.js";
import { Together } from "./together.js";
import type { Notices } from "../notices/notices.js";
import { OneAtATime } from "../one-at-a-time.js";
import { decide, isOpen, LINK, type Move, type ParcelEvent } from "../parcel.js";
import type { Pictures } from "../intake/pictures.js";
import { beforeBytes, patiently, UNRECORDED } from "../patience.js";
import type {
  BlobReader,
  BlobStore,
  Index,
  Link,
  OfferEvent,
  OfferMethod,
  OfferOrder,
  Parcel,
  ParcelStep,
  Resource,
  Span,
  Whereabouts,
} from "../ports.js";
import type { Rules } from "../people/rules.js";
import type { Tongues } from "../people/tongues.js";
import { isAway } from "../people/whereabouts.js";
import { label, marked, say, STATES, toRecipient } from "../words.js";

const PAGE = 20;
/** How long what became of an offer is kept in mind while the records are away. */
const PATIENCE_MS = 3_600_000;

export interface DeliveryParts {
  readonly index: Index;
  readonly rules: Pick<Rules, "serves">;
  readonly tongues: Tongues;
  readonly blobs: BlobStore;
  readonly pictures: Pictures;
  readonly whereabouts: Whereabouts;
  readonly ladder: Ladder;
  readonly notices: Notices;
  /** The URL of a capability. */
  readonly url: (token: string, name: string) => string;
  readonly clock: Clock;
  readonly log: Log;
}

export class Delivery {
  /** Of files that still come in. */
  readonly early: EarlyOffers;
  /** Called when the capabilities of a parcel have ended: whoever reads by one has had enough. */
  onLinksEnd: (parcelId: string) => void = () => undefined;
  readonly #parts: DeliveryParts;
  readonly #offering = new OneAtATime((recipient) => this.#offerAll(recipient));
  readonly #runs = new Runs();
  readonly #cuts: Cuts;
  readonly #learning: Learning;
  /** Recipients whose parcels could not be offered because the records failed. */
  readonly #owed = new Set<BareJid>();
  /** Parcels whose offer is out and not on record yet; it is when the promise resolves. */
  readonly #unrecorded = new Map<string, Promise<void>>();
  /** Capabilities that are out and not on record yet, by hash. */
  readonly #fresh = new Map<string, Promise<void>>();
  /** Parcels that somebody has just asked for in words: they are offered in another way than because he is there. */
  readonly #wanted = new Set<string>();
  /** Offers of one turn of the event loop go on record together. */
  readonly #together: Together;
  readonly #stop = longLived();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.early = new EarlyOffers(parts);
    this.#cuts = new Cuts(parts.clock);
    this.#together = new Together((steps) => this.record(() => parts.index.steps(steps)));
    this.#learning = new Learning(parts.clock, (who) => this.consider(who));
  }

  /** A client came online: what waits for its owner is offered, and once more what it was asked before it went. The presence path. */
  available(resource: Resource): void {
    const recipient = bareOf(resource.jid);
    this.#runs.shown(recipient, resource);
    this.consider(recipient);
  }

  /** Offers what waits for `recipient`, if he can be offered anything now. */
  consider(recipient: BareJid): void {
    void this.#offering.run(recipient);
  }

  /** Offers what could not be offered because the records failed, to those who are still there. */
  async retry(): Promise<void> {
    const owed = [...this.#owed];
    this.#owed.clear();
    for (const recipient of owed) if (this.#parts.whereabouts.resources(recipient).length > 0) this.consider(recipient);
  }

  /** Records something that has happened: at once, or when the records answer again. Rejects when they do not for long, or we stop. */
  record<T>(write: () => Promise<T>): Promise<T> {
    const { clock, log } = this.#parts;
    const onWait = (e: Refusal): void => log.warn({ err: e }, "what has happened waits to be recorded");
    return patiently({ clock, signal: this.#stop.signal, passing: UNRECORDED, most: PATIENCE_MS, onWait }, write);
  }

  /** From now on nothing is offered, and nothing waits to be recorded. What was out without a link is offered again after the next start. */
  stop(): void {
    this.#stop.abort();
    this.#learning.stop();
    this.early.stop();
    this.#runs.stop();
  }

  /**
   * Offers one waiting parcel now. `reachable`: he has just asked for it in words, so he is there whether or not we see his presence, and
   * what his client may have been asked before did not do.
   * False when he is away, or when somebody else was first.
   */
  async offer(parcel: Parcel, reachable = false): Promise<boolean> {
    const { index, pictures, whereabouts, ladder, url, clock } = this.#parts;
    if (parcel.mark === "held") return false;
    const early = parcel.state === "waiting" ? this.early.take(parcel) : undefined;
    if (early) return this.#adopt(parcel, early);
    const picture = await pictures.known(parcel);
    const resources = whereabouts.resources(parcel.recipient);
    if (resources.length === 0 && !reachable && (await isAway(this.#parts, parcel.recipient))) return false;
    const { id, fileId } = parcel;
    const sealed = parcel.mark === "sealed" ? (await index.file(fileId))?.sealed : undefined;
    if (decide(parcel.state, "offer") === "stay" || this.#unrecorded.has(id) || this.#cuts.isResting(id)) return false;
    const { token, hash } = newToken();
    const link: Link = { hash, fileId, parcelId: id, since: clock.now(), until: parcel.until, served: [] };
    const own = url(token, parcel.name);
    // As it came; whoever asks for it in words could not make anything of that, or has lost it.
    const given = sealed ? ((reachable ? sealAgain(sealed, own) : undefined) ?? sealed) : own;
    const order: OfferOrder = {
      parcel,
      resources,
      picture,
      url: given,
      isElsewhere: given === sealed,
      line: this.#cuts.has(id) ? "" : marked(say("offer", toRecipient(parcel)), parcel),
      read: (span, signal) => this.#read(parcel, span, signal),
    };
    this.#withdraw(id); // what is left of an earlier offer
    this.#unrecorded.set(id, Promise.resolve());
    const how = this.#cuts.isHopeless(id) ? "only" : reachable ? "too" : "if needed";
    const run = ladder.offer(order, how, this.#hearing(parcel, link));
    this.#runs.keep(parcel, run);
    return true;
  }

  /**
   * Its recipient asks for it in words: it is offered once more, whatever became of earlier offers. False when somebody else was first.
   * @throws Refusal as {@link apply}, "scanner-down" while it is held
   */
  async accept(parcelId: string): Promise<boolean> {
    this.#wanted.add(parcelId);
    try {
      const parcel = await this.apply(parcelId, "accept");
      if (parcel.mark === "held") throw new Refusal("scanner-down");
      return parcel.state !== "waiting" || (await this.offer(parcel, true));
    } finally {
      this.#wanted.delete(parcelId);
    }
  }

  /** What has been offered while it came in is this parcel: from here on it goes on record as any other, with what has become of it. */
  #adopt(parcel: Parcel, early: EarlyOffer): boolean {
    const { id, fileId, until } = parcel;
    const link: Link = { hash: early.hash, fileId, parcelId: id, since: this.#parts.clock.now(), until, served: [] };
    this.#unrecorded.set(id, Promise.resolve());
    this.#runs.keep(parcel, early.run);
    early.adopt(
      { parcel, line: marked(say("offer", toRecipient(parcel)), parcel) },
      (span, signal) => this.#read(parcel, span, signal),
      this.#hearing(parcel, link),
    );
    return true;
  }

  #hearing(parcel: Parcel, link: Link): Hearing {
    let isOut = false;
    return async (method, event) => {
      if (event.type !== "sent" || isOut) return this.#report(parcel, method, event);
      isOut = true;
      this.#out(parcel, method, link);
    };
  }

  /** Resolves when the capability is on record, if it is one that has just been given out. */
  async settled(hash: string): Promise<void> {
    await this.#fresh.get(hash);
  }

  /**
   * Applies an event to a parcel as it now is, with its history, its notices and its capabilities, in one transaction.
   * Answers the parcel, changed or not.
   * @throws Refusal "wrong-state" when the table refuses, "no-such-parcel" when it is gone
   */
  async apply(parcelId: string, event: ParcelEvent, detail = "", seen?: Parcel): Promise<Parcel> {
    const { index, notices } = this.#parts;
    for (let parcel = seen; ; parcel = undefined) {
      parcel ??= await index.parcel(parcelId);
      if (!parcel) throw new Refusal("no-such-parcel", { which: say("that-number") });
      const move = decide(parcel.state, event);
      if (move === "stay") return parcel;
      if (move === "refuse")
        throw new Refusal("wrong-state", { which: label(parcel.name), state: STATES[parcel.state] });
      // Who takes it a second time is no news to its sender.
      const isNews = event !== "complete" || parcel.tries < 2 || !isKnownDelivered(await index.history(parcelId));
      const step = this.#step(parcel, isNews ? move : { ...move, tell: "nobody" }, event, detail);
      const next = await index.step(step);
      if (!next) continue; // somebody else was first: look again
      if (!isOpen(next.state)) this.#over(parcelId);
      if (step.endLinks) this.onLinksEnd(parcelId);
      if (event === "begin" && detail === LINK) this.#runs.of(parcelId)?.fetched();
      for (const { to } of step.notices) notices.flush(to);
      return next;
    }
  }

  /** Ends parcels whose time is up, as they were read, in one transaction; what has changed since is left as it is. */
  async expire(parcels: readonly Parcel[]): Promise<void> {
    const { index, notices } = this.#parts;
    const steps = parcels.flatMap((parcel): ParcelStep[] => {
      const move = decide(parcel.state, "expire");
      return typeof move === "string" ? [] : [this.#step(parcel, move, "expire", "")];
    });
    const whom = new Set<BareJid>();
    for (const [i, next] of (await index.steps(steps)).entries()) {
      if (!next) continue;
      this.#over(next.id);
      this.onLinksEnd(next.id);
      for (const { to } of steps[i]!.notices) whom.add(to);
    }
    for (const to of whom) notices.flush(to);
  }

  #step(parcel: Parcel, move: Move, event: ParcelEvent, detail: string): ParcelStep {
    const { to, endLinks, hold } = move;
    const notices = noticesOf(this.#parts.notices, parcel, move, event, detail);
    return { parcel, to, event, detail, at: this.#parts.clock.now(), notices, endLinks, hold };
  }

  /** Never rejects. */
  async #offerAll(recipient: BareJid): Promise<void> {
    const { index, pictures, tongues, ladder, whereabouts } = this.#parts;
    if (this.#stop.signal.aborted) return;
    if (this.#learning.waits(recipient, ladder.isLearning(whereabouts.resources(recipient)))) return;
    try {
      let hasWaited = false;
      for (let after = 0; ;) {
        // Side by side: his language keeps no offer waiting.
        const [page] = await Promise.all([index.waitingFor(recipient, after, PAGE), tongues.learn(index, recipient)]);
        // What has just been kept is shown, if it is a picture: much may have happened meanwhile.
        if (!hasWaited && (hasWaited = await pictures.settled(page))) continue;
        for (const parcel of page) if (!this.#wanted.has(parcel.id)) await this.offer(parcel);
        if (page.length < PAGE) return;
        after = page.at(-1)!.number;
      }
    } catch (e) {
      this.#owed.add(recipient);
      this.#parts.log.warn({ err: e }, "offers wait for the next chance");
    }
  }

  /**
   * An offer is on the wire, and goes on record now: should we die in between, it is made once more, with another capability.
   * The other way round, the recipient would wait for the disk.
   */
  #out(parcel: Parcel, method: OfferMethod, link: Link): void {
    const recorded = this.#recordOffer(parcel, method, link)
      .catch((e: unknown) => this.#parts.log.warn({ err: e, parcel: parcel.id }, "an offer could not be recorded"))
      .finally(() => {
        if (this.#unrecorded.get(parcel.id) === recorded) this.#unrecorded.delete(parcel.id);
        this.#fresh.delete(link.hash);
      });
    this.#unrecorded.set(parcel.id, recorded);
    this.#fresh.set(link.hash, recorded);
  }

  async #recordOffer(parcel: Parcel, { name, keeps }: OfferMethod, link: Link): Promise<void> {
    const { index, notices } = this.#parts;
    const receipt =
      parcel.summary !== ""
        ? [notices.summaries.news(parcel)]
        : parcel.tries === 0
          ? [notices.toSender(parcel, "offered")]
          : [];
    for (let seen: Parcel | undefined = parcel; seen; seen = await this.record(() => index.parcel(parcel.id))) {
      const move = decide(seen.state, "offer");
      if (typeof move === "string") break; // on record, though the answer was lost; or over meanwhile
      // A link is with his server; any other offer ends with us, and has to be made again.
      const step = {
        parcel: seen,
        to: move.to,
        method: name,
        event: "offer",
        detail: name,
        at: link.since,
        notices: receipt,
        link,
        endLinks: false,
        hold: !keeps,
      };
      if (await this.#together.apply(step)) break;
    }
    if (receipt.length > 0) notices.flush(parcel.sender);
  }

  /** What has become of an offer goes on record after the offer itself. Bytes wait for that, but not for ever. */
  async #report(parcel: Parcel, method: OfferMethod, event: OfferEvent): Promise<void> {
    const told = eventOf(event, method);
    const out = this.#unrecorded.get(parcel.id);
    if (event.type === "failed" || event.type === "unreached") this.#unrecorded.delete(parcel.id);
    if (!told) return;
    const recorded = this.#recordReport(parcel, told, out);
    if (event.type !== "moving" && event.type !== "last") return recorded;
    const { clock, log } = this.#parts;
    await beforeBytes(clock, recorded, () => log.warn({ parcel: parcel.id }, "bytes do not wait any longer for their record")); // prettier-ignore
  }

  /** Never rejects. */
  async #recordReport(parcel: Parcel, told: [ParcelEvent, string], out: Promise<void> | undefined): Promise<void> {
    const [event] = told;
    const rest = event === "broken" ? this.#cuts.add(parcel.id) : undefined;
    try {
      await out;
      const now = await this.record(() => this.apply(parcel.id, ...told));
      if (!isOpen(now.state)) this.#over(parcel.id); // somebody else was first: not a byte of it goes
    } catch (e) {
      this.#parts.log.warn({ err: e, parcel: parcel.id, event }, "what became of an offer could not be recorded");
    }
    if (rest !== undefined) this.#parts.clock.after(rest, () => this.consider(parcel.recipient));
  }

  async #read(parcel: Parcel, span: Span, signal?: AbortSignal): Promise<BlobReader> {
    const { index, blobs } = this.#parts;
    const file = await index.file(parcel.fileId);
    if (!file) throw new Refusal("not-found");
    this.early.beginnings.gone(parcel, span.start, false);
    this.#cuts.began(parcel.id, span.start);
    return blobs.read(file.blob.key, span, signal);
  }

  #withdraw(parcelId: string): void {
    this.#runs.withdraw(parcelId);
    this.#unrecorded.delete(parcelId); // a withdrawn offer reports nothing more, not even that it was sent
  }

  #over(parcelId: string): void {
    this.#withdraw(parcelId);
    this.#cuts.forget(parcelId);
  }
}
