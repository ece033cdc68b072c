/**
 * One in-band bytestream (XEP-0047) as a {@link ByteStream}: does what `negotiate/ibb.ts` decides. Blocks go out in iqs, several on their
 * way at once; those of the peer are answered at once, unless too many bytes wait for the sink.
 */
import type { ByteStream } from "../control/ports.js";
import type { Clock } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";
import { say, size } from "../lib/said.js";
import { Inflow } from "./in-band-inflow.js";
import { type Answer, begin, type Event, type Session, step, windowOf } from "./negotiate/ibb.js";
import { type ProtocolError, ProtocolRefusal, type StanzaStream, xml } from "./stanza.js";
import type { InBandAddress } from "./streams.js";
import { type Data, sizeOf, writeClose, writeData } from "./wire/xep0047-ibb.js";

/** Silence of a peer who is to send, and the longest that he may take to answer a block (ms): some bring 100 kB a second. */
const QUIET = 60_000;
const ANSWER = 90_000;
/** A stream that nobody uses (ms). */
const IDLE = 300_000;
/** For the answer to our close, after which nothing depends on it; and for a close of the peer, who has sent all (ms). */
const CLOSING = 5000;
const LINGER = 2000;

/** §2.2, and what it does not lay down: a block that is too long, and a peer who does not wait. */
const ERRORS: Readonly<Record<Exclude<Answer, "take" | "result" | "not-found">, ProtocolError>> = {
  disorder: { type: "cancel", condition: "unexpected-request" },
  garbled: { type: "cancel", condition: "bad-request" },
  "too-long": { type: "cancel", condition: "bad-request" },
  overrun: { type: "wait", condition: "resource-constraint" },
};

export interface InBandStreamOptions {
  readonly stream: StanzaStream;
  readonly clock: Clock;
  readonly address: InBandAddress;
  readonly blockSize: number;
  /** Called once, at its end. */
  readonly ended: () => void;
}

export class InBandStream implements ByteStream {
  readonly kind = "in-band";
  readonly #o: InBandStreamOptions;
  readonly #inflow: Inflow;
  readonly #window: number;
  #session: Session;
  /** What is called when something has changed that `receive`, `write` or `end` may wait for. */
  #waiting: (() => void)[] = [];
  #receiving = false;
  #sinking = false;
  /** Bytes to come, once it is known. */
  #most = Infinity;
  /** What `write` was given beyond whole blocks. */
  #rest: Buffer | undefined;
  #restLength = 0;
  #heard: number;
  #cancel: () => void;
  /** What a block of ours came back with. */
  #why: unknown;

  constructor(options: InBandStreamOptions) {
    const { clock, blockSize } = options;
    this.#o = options;
    this.#session = begin(blockSize);
    this.#inflow = new Inflow(blockSize);
    this.#window = windowOf(blockSize);
    this.#heard = clock.now();
    this.#cancel = clock.after(QUIET, () => this.#watch());
  }

  get isEnded(): boolean {
    return this.#session.phase === "ended";
  }

  // ── what the peer does ──

  /** Takes a block of the peer. What it answers or throws is for the iq; a promise means that the peer is too fast for us. */
  block({ seq, base64 }: Data): undefined | Promise<undefined> {
    const size = sizeOf(base64);
    this.#heard = this.#o.clock.now();
    let answer = this.#step({ type: "block", seq, size });
    if (answer === "take" && size !== undefined) {
      if (this.#inflow.overrun(size)) answer = this.#step({ type: "overrun" });
      else if (!this.#inflow.put(base64, size)) answer = this.#step({ type: "garbled" });
    }
    if (answer === "not-found") throw new Refusal("not-found");
    if (answer !== "take" && answer !== "result" && answer !== undefined)
      throw new ProtocolRefusal(ERRORS[answer], "stream-cut", { name: say("that-file") });
    if (this.#inflow.ready || this.#inflow.total >= this.#most) this.#wake();
    return this.#inflow.roomy();
  }

  /** The peer closes it. */
  closed(): void {
    this.#step({ type: "close" });
  }

  /** The peer, or the way to him, is gone. */
  gone(): void {
    this.#step({ type: "gone" });
  }

  // ── ByteStream ──

  async receive(most: number, sink: (chunk: Uint8Array) => Promise<void>, signal: AbortSignal): Promise<number> {
    this.#receiving = true;
    this.#most = most;
    this.#heard = this.#o.clock.now();
    let came = 0;
    for (;;) {
      const chunk = await this.#next(most, signal);
      if (!chunk) break;
      this.#sinking = true;
      try {
        await sink(chunk);
      } finally {
        this.#sinking = false;
        this.#heard = this.#o.clock.now();
        this.#inflow.done();
      }
      came += chunk.length;
    }
    if (came === most) this.#linger();
    return came;
  }

  async write(chunk: Uint8Array): Promise<void> {
    const { blockSize } = this.#o;
    for (let at = 0; at < chunk.length;) {
      const part = Buffer.from(chunk.buffer, chunk.byteOffset + at, Math.min(blockSize - this.#restLength, chunk.length - at)); // prettier-ignore
      at += part.length;
      if (part.length === blockSize) await this.#send(part);
      else await this.#gather(part);
    }
  }

  async end(): Promise<void> {
    if (this.#rest && this.#restLength > 0) await this.#send(this.#rest.subarray(0, this.#restLength));
    this.#step({ type: "finish" });
    // Whoever has acknowledged every block has it all; libpurple never answers a close.
    while (!this.isEnded && this.#session.phase !== "closing") await this.#change();
    if (this.#session.cut !== undefined) throw this.#broken();
  }

  close(): void {
    if (this.#session.phase !== "received") this.#step({ type: "let-go" });
  }

  // ── within ──

  #step(event: Event): Answer | undefined {
    const { session, answer, close } = step(this.#session, event);
    const isOver = session.phase !== this.#session.phase;
    this.#session = session;
    if (close) this.#sendClose();
    if (isOver) {
      this.#wake();
      if (this.isEnded) {
        this.#cancel();
        this.#inflow.letGo();
        this.#o.ended();
      }
    }
    return answer;
  }

  /** The next chunk; undefined when all has come, or the peer has closed. */
  async #next(most: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const { phase, cut } = this.#session;
      const { total } = this.#inflow;
      if (total > most) throw new Refusal("larger-than-said", { name: say("the-file"), size: size(most) });
      const isOver = phase === "left" || phase === "ended";
      const chunk = this.#inflow.next(isOver || total === most);
      // Also after a cut what has come counts: the peer may go on from there.
      if (chunk || total === most) return chunk;
      if (isOver && cut !== undefined) throw this.#broken();
      if (isOver) return undefined;
      await this.#change(signal);
    }
  }

  /** All that was wanted is here. The close is the sender's to say, and his client may call anything else a failure; but not for long. */
  #linger(): void {
    this.#step({ type: "received" });
    if (this.#session.phase !== "received") return;
    this.#cancel();
    this.#cancel = this.#o.clock.after(LINGER, () => this.#step({ type: "let-go" }));
  }

  /** Blocks are sent whole, whatever the pieces that are written. */
  async #gather(part: Buffer): Promise<void> {
    this.#rest ??= Buffer.allocUnsafeSlow(this.#o.blockSize);
    part.copy(this.#rest, this.#restLength);
    this.#restLength += part.length;
    if (this.#restLength < this.#rest.length) return;
    await this.#send(this.#rest);
    this.#restLength = 0;
  }

  /** Settles when the block is on its way. */
  async #send(block: Buffer): Promise<void> {
    while (this.#session.phase === "open" && this.#session.unanswered >= this.#window) await this.#change();
    if (this.#session.phase !== "open") throw this.#broken();
    const { stream, address, clock } = this.#o;
    const iq = xml("iq", { type: "set", from: address.self, to: address.peer }, writeData(address.sid, this.#session.next, block)); // prettier-ignore
    this.#step({ type: "sent" });
    this.#heard = clock.now();
    stream.request(iq, { timeout: ANSWER }).then(
      () => {
        this.#step({ type: "answered" });
        this.#wake();
      },
      (e: unknown) => {
        this.#why ??= e;
        this.#step({ type: "refused" });
      },
    );
  }

  #sendClose(): void {
    const { stream, address } = this.#o;
    const answered = (): void => void this.#step({ type: "close-answered" });
    const iq = xml("iq", { type: "set", from: address.self, to: address.peer }, writeClose(address.sid));
    stream.request(iq, { timeout: CLOSING }).then(answered, answered);
  }

  /** Ends it when nothing has come for too long, or nobody uses it. The sink and answers to our blocks have limits of their own. */
  #watch(): void {
    const { clock } = this.#o;
    const busy = this.#sinking || this.#session.unanswered > 0;
    const left = (this.#receiving ? QUIET : IDLE) - (clock.now() - this.#heard);
    if (!busy && left <= 0) this.#step({ type: "silent" });
    else this.#cancel = clock.after(busy ? QUIET : left, () => this.#watch());
  }

  #broken(): Refusal {
    const cause = this.#why ?? new Error(`in-band bytestream: ${this.#session.cut ?? "the peer has closed it"}`);
    return new Refusal("stream-cut", { name: say("that-file") }, { cause });
  }

  #change(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const aborted = (): void => reject(signal?.reason as Error);
      signal?.addEventListener("abort", aborted, { once: true });
      this.#waiting.push(() => {
        signal?.removeEventListener("abort", aborted);
        resolve();
      });
    });
  }

  #wake(): void {
    if (this.#waiting.length === 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
