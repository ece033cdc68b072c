/**
 * Capability URLs: opened by whoever holds them; a parcel's is delivered when every byte has gone out, over however many requests.
 *
 * A process that dies takes along what it had not recorded yet. Two rules see to it that nothing is delivered twice then, and nothing waits
 * for ever: the first byte goes out when it is on record that bytes move, and the last when it is on record that it is about to; and once
 * bytes were moving in a process that died, who resumes at a byte has those before it, and who got the end has the whole.
 */
import { Refusal } from "../../lib/errors.js";
import { hashToken } from "../../lib/ids.js";
import type { Clock } from "../../lib/clock.js";
import type { Log } from "../../lib/log.js";
import { Sets } from "../../lib/sets.js";
import type { Delivery } from "./delivery.js";
import { isOpen, LINK } from "../parcel.js";
import { beforeBytes } from "../patience.js";
import type { BlobStore, HistoryRow, Index, LinkDesk, OpenLink, Span } from "../ports.js";

/** More separate pieces than this are not remembered one by one: a client that fetches so does not download a file. */
const MOST_SPANS = 64;

/** What is known of a link while somebody uses it: shared by his requests, gone after the last. */
interface Live {
  requests: number;
  /** Its records are written one after the other. Never rejects. */
  saved: Promise<void>;
  /** When the first of them came, bytes were moving in another process: it may have died since. */
  readonly inherited: boolean;
}

export class Links implements LinkDesk {
  readonly #index: Index;
  readonly #blobs: BlobStore;
  readonly #delivery: Delivery;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #live = new Map<string, Live>();
  /** What ends the reading by links of a parcel. */
  readonly #reading = new Sets<string, AbortController>();

  constructor(parts: { index: Index; blobs: BlobStore; delivery: Delivery; clock: Clock; log: Log }) {
    this.#index = parts.index;
    this.#blobs = parts.blobs;
    this.#delivery = parts.delivery;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#delivery.onLinksEnd = (parcelId) =>
      this.#reading.of(parcelId).forEach((over) => over.abort(new Refusal("link-ended")));
  }

  async open(token: string): Promise<OpenLink> {
    const hash = hashToken(token);
    if (!(await this.#within(this.#delivery.settled(hash)))) throw new Refusal("index-down");
    const found = await this.#index.link(hash);
    if (!found) throw new Refusal("not-found");
    const { link, file, parcel } = found;
    if (link.until <= this.#clock.now()) throw new Refusal("link-ended");
    if (file.mark === "held") throw new Refusal("scanner-down");
    // What has been delivered may be fetched again: that changes nothing.
    const parcelId = parcel && isOpen(parcel.state) ? parcel.id : undefined;
    const inherited = parcel?.state === "moving" && !this.#live.has(hash);
    let live: Live | undefined;
    /** Of the reading of what is still on its way. */
    const over = parcelId === undefined ? undefined : new AbortController();

    const served = async (span: Span): Promise<void> => {
      if (parcelId !== undefined && over) this.#reading.drop(parcelId, over);
      if (!live) return;
      const mine = live;
      live = undefined;
      mine.requests--;
      if (parcelId !== undefined)
        mine.saved = mine.saved.then(() => this.#record(hash, parcelId, span, file.size, mine));
      await mine.saved;
      if (mine.requests === 0 && this.#live.get(hash) === mine) this.#live.delete(hash);
    };

    return {
      name: file.name,
      size: file.size,
      mediaType: file.mediaType,
      sha256: file.sha256,
      since: file.since,
      read: async (span, signal) => {
        if (parcelId === undefined || !over) return this.#blobs.read(file.blob.key, span, signal);
        signal?.throwIfAborted();
        this.#reading.add(parcelId, over);
        signal?.addEventListener("abort", () => over.abort(signal.reason), { once: true });
        return this.#blobs.read(file.blob.key, span, over.signal).catch((e: unknown) => {
          this.#reading.drop(parcelId, over);
          throw e;
        });
      },
      moving: async () => {
        if (live) return;
        const mine = (live = this.#live.get(hash) ?? { requests: 0, saved: Promise.resolve(), inherited });
        this.#live.set(hash, mine);
        mine.requests++;
        if (parcelId !== undefined) await this.#inTurn(mine, () => this.#announce(parcelId, "begin"));
      },
      last: async (span) => {
        if (!live || parcelId === undefined || span.end < file.size) return;
        const mine = live;
        await this.#inTurn(mine, () => this.#announceLast(hash, parcelId, span, file.size, mine));
      },
      served,
    };
  }

  /** Writes after what is being written of the link. Bytes wait for it, but not for ever. Never rejects, as `write` never does. */
  async #inTurn(live: Live, write: () => Promise<void>): Promise<void> {
    await this.#within((live.saved = live.saved.then(write)));
  }

  /** Whether `writing`, which never rejects, ends in time. */
  #within(writing: Promise<void>): Promise<boolean> {
    return beforeBytes(this.#clock, writing, () =>
      this.#log.warn("a download does not wait any longer for its record"),
    );
  }

  /** Adds to what the records say was served, and steps the parcel; later, if the records are away. */
  async #record(hash: string, parcelId: string, span: Span, size: number, live: Live): Promise<void> {
    try {
      await this.#delivery.record(async () => {
        const now = await this.#index.link(hash);
        const spans = addSpan(now?.link.served ?? [], span);
        if (now && span.end > span.start) await this.#index.setServed(hash, spans);
        if (await this.#completes(parcelId, spans, span, size, live))
          await this.#delivery.apply(parcelId, "complete", LINK);
        else if (live.requests === 0) await this.#delivery.apply(parcelId, "cut", LINK);
      });
    } catch (e) {
      this.#log.warn({ err: e, parcel: parcelId }, "a download could not be recorded");
    }
  }

  async #announceLast(hash: string, parcelId: string, span: Span, size: number, live: Live): Promise<void> {
    const now = span.start === 0 ? undefined : await this.#index.link(hash).catch(() => undefined);
    const spans = addSpan(now?.link.served ?? [], span);
    if (await this.#completes(parcelId, spans, span, size, live).catch(() => false))
      await this.#announce(parcelId, "last");
  }

  /** Whether with `span`, the newest of `spans`, every byte has gone out. */
  async #completes(parcelId: string, spans: readonly Span[], span: Span, size: number, live: Live): Promise<boolean> {
    if (covers(spans, size)) return true;
    if (span.end < size || span.end === span.start) return false;
    return live.inherited || wasInterrupted(await this.#index.history(parcelId));
  }

  /** Says what is about to happen. Should that fail, it happens all the same. */
  async #announce(parcelId: string, event: "begin" | "last"): Promise<void> {
    try {
      await this.#delivery.apply(parcelId, event, LINK);
    } catch (e) {
      this.#log.warn({ err: e, parcel: parcelId, event }, "a download could not be announced");
    }
  }
}

/** Whether bytes of it were moving in a process that died. */
function wasInterrupted(history: readonly HistoryRow[]): boolean {
  return history.some(({ from, event }) => from === "moving" && event === "recover");
}

/** `spans` with `span` laid over them: sorted, disjoint, touching ones joined; the smallest is forgotten where there are too many. */
export function addSpan(spans: readonly Span[], span: Span): Span[] {
  if (span.end <= span.start) return [...spans];
  let { start, end } = span;
  const apart: Span[] = [];
  for (const s of spans) {
    if (s.end < start || s.start > end) apart.push(s);
    else {
      start = Math.min(start, s.start);
      end = Math.max(end, s.end);
    }
  }
  apart.push({ start, end });
  if (apart.length > MOST_SPANS) {
    const smallest = apart.reduce((a, b) => (b.end - b.start < a.end - a.start ? b : a));
    apart.splice(apart.indexOf(smallest), 1);
  }
  return apart.sort((a, b) => a.start - b.start);
}

/** Whether spans as {@link addSpan} leaves them hold every byte of `size`. */
export function covers(spans: readonly Span[], size: number): boolean {
  return size === 0 || (spans.length === 1 && spans[0]!.start === 0 && spans[0]!.end >= size);
}
