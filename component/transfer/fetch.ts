/**
 * Fetches files by links that others name (XEP-0066, XEP-0363 and their kin), resuming what was cut.
 * One connection at a time; no cookies, no log-in, no proxy, no compression; HTTP/1.1.
 */
import { crc32 } from "node:zlib";
import type { IncomingMessage } from "node:http";
import type { Announced, Fetcher } from "../control/ports.js";
import { pause } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";
import { lastSegment } from "../lib/link-url.js";
import { reasonsOf, type Log } from "../lib/log.js";
import { say, size } from "../lib/said.js";
import { join } from "../lib/signals.js";
import { announcedBy } from "./announced.js";
import { Blocks } from "./blocks.js";
import { Cut, get, type Answer, type Road } from "./get.js";
import { Memory } from "./memory.js";
import { continuationOf, originOf, rangeHeaders, type Origin } from "./resume.js";

export interface FetcherOptions extends Road {
  readonly log: Log;
  /** The whole of one fetch, in milliseconds. */
  readonly wholeTime: number;
}

/** Between two bytes; after that the connection counts as cut. */
const IDLE = 30_000;
/** Whoever brings less than this in a minute of waiting for him is given up. */
const LEAST_A_MINUTE = 64 * 1024;
/** How long to wait before going on after the first, second, … cut without a step forward between them. */
const BACK_OFF = [500, 2_000, 5_000, 15_000, 60_000];
/** A connection that brought so much was a step forward. */
const STEP = 64 * 1024;

type Limits = Parameters<Fetcher["fetch"]>[1];

export class HttpFetcher implements Fetcher {
  readonly #memory = new Memory();

  constructor(private readonly options: FetcherOptions) {}

  judge(url: string): void {
    this.options.guard.judge(url);
  }

  async fetch(
    link: string,
    limits: Limits,
    begin: (a: Announced) => Promise<void>,
    sink: (chunk: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<{ bytes: number }> {
    const { guard, clock, log } = this.options;
    const url = guard.judge(link);
    const whole = new AbortController();
    const either = join(signal, whole.signal);
    const cancel = clock.after(this.options.wholeTime, () => whole.abort(new Cut("slow")));
    const name = limits.name ?? (lastSegment(url) || "the file");
    try {
      return await new Fetch(
        this.options,
        url,
        limits,
        name,
        begin,
        new Blocks(this.#memory, sink),
        either.signal,
      ).run();
    } catch (e) {
      const refusal = explain(e, url.hostname, name);
      if (refusal instanceof Refusal && refusal.code.startsWith("link-"))
        log.warn({ host: url.host, code: refusal.code, why: reasonsOf(e) }, "a link could not be fetched");
      throw refusal;
    } finally {
      cancel();
      either.part();
    }
  }
}

/** One file on its way in, over as many connections as it takes. */
class Fetch {
  private origin: Origin | undefined;
  private got = 0;
  /** CRC-32 of the bytes so far, where it is all there is to see by that a file was exchanged; enough against accidents. */
  private sum = 0;
  private waited = 0;
  private gotBefore = 0;

  constructor(
    private readonly options: FetcherOptions,
    private readonly url: URL,
    private readonly limits: Limits,
    private readonly name: string,
    private readonly begin: (a: Announced) => Promise<void>,
    private readonly blocks: Blocks,
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<{ bytes: number }> {
    try {
      for (let failures = 0; ;) {
        const before = this.got;
        try {
          await this.attempt();
          await this.blocks.flush();
          return { bytes: this.got };
        } catch (e) {
          if (!(e instanceof Cut) || this.signal.aborted || !this.origin) throw e;
          failures = this.got - before >= STEP ? 1 : failures + 1;
          const ms = BACK_OFF[failures - 1];
          if (ms === undefined) throw e.kind === "slow" ? e : (this.short() ?? e);
          this.options.log.debug({ host: this.url.host, got: this.got, why: reasonsOf(e) }, "a fetch was cut");
          await pause(this.options.clock, ms, this.signal);
        }
      }
    } finally {
      await this.blocks.rest();
    }
  }

  private async attempt(): Promise<void> {
    const headers = this.origin ? rangeHeaders(this.origin, this.got) : {};
    const answer = await get(this.options, this.url, headers, this.signal);
    try {
      const skip = this.origin ? this.goOn(this.origin, answer) : await this.start(answer);
      if (skip !== undefined) await this.read(answer.message, skip);
    } finally {
      answer.message.destroy();
    }
  }

  /** The first answer. Answers how many bytes are to be skipped: none. */
  private async start({ url, status, message }: Answer): Promise<number> {
    if (status !== 200) throw new Refusal("link-refused", { status });
    refuseEncoded(message);
    const announced = announcedBy(message.headers, url, this.limits.name);
    await this.begin(announced);
    if ((announced.size ?? 0) > this.limits.bytes) throw this.tooMuch();
    this.origin = originOf(message.headers, announced.size);
    return 0;
  }

  /** A later answer. Answers how many bytes are to be compared and skipped; undefined: there is nothing left to read. */
  private goOn(origin: Origin, { url, status, message }: Answer): number | undefined {
    refuseEncoded(message);
    const { size } = announcedBy(message.headers, url, undefined);
    switch (continuationOf(origin, this.got, status, message.headers, size)) {
      case "append":
        return 0;
      case "skip":
      case "compare":
        return this.got;
      case "complete":
        return undefined;
      case "short":
        throw this.short() ?? new Refusal("link-changed");
      case "changed":
        throw new Refusal("link-changed");
      case "refused":
        if (status >= 500 || status === 429) throw new Cut("broken", new Error(`it answered ${status}`));
        throw new Refusal("link-refused", { status });
    }
  }

  private async read(message: IncomingMessage, skip: number): Promise<void> {
    const chunks = message[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    let compared = 0;
    for (;;) {
      let chunk = await this.next(message, chunks);
      if (chunk === undefined) break;
      if (skip > 0) {
        const old = chunk.subarray(0, skip);
        compared = this.comparing ? crc32(old, compared) : this.sum;
        chunk = chunk.subarray(old.length);
        skip -= old.length;
        if (skip === 0 && compared !== this.sum) throw new Refusal("link-changed");
      }
      await this.take(chunk);
    }
    if (skip > 0) throw new Refusal("link-changed");
    if (this.origin?.size !== undefined && this.got !== this.origin.size) throw new Cut("broken");
  }

  private async take(chunk: Buffer): Promise<void> {
    const room = Math.min(this.limits.bytes, this.origin?.size ?? Infinity) - this.got;
    if (chunk.length > room) throw this.tooMuch();
    this.got += chunk.length;
    if (this.comparing) this.sum = crc32(chunk, this.sum);
    await this.blocks.add(chunk);
  }

  /** The next chunk, undefined at the end. Our own slowness is not counted as the peer's: only this waiting is. */
  private async next(message: IncomingMessage, chunks: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
    const { clock } = this.options;
    const since = clock.now();
    const end = (why: unknown): void => void message.destroy(why as Error);
    const outer = (): void => end(this.signal.reason);
    const cancel = clock.after(IDLE, () => end(new Cut("slow")));
    this.signal.addEventListener("abort", outer, { once: true });
    if (this.signal.aborted) outer();
    let next: IteratorResult<Buffer, unknown>;
    try {
      next = await chunks.next();
    } catch (e) {
      if (this.signal.aborted) throw this.signal.reason;
      throw e instanceof Cut ? e : new Cut("broken", e);
    } finally {
      cancel();
      this.signal.removeEventListener("abort", outer);
    }
    if (next.done) return undefined;
    this.pace(clock.now() - since);
    return next.value;
  }

  /** Refuses a peer that keeps the connection alive with a byte now and then. */
  private pace(ms: number): void {
    this.waited += ms;
    if (this.waited < 60_000) return;
    if (this.got - this.gotBefore < LEAST_A_MINUTE) throw new Refusal("link-too-slow");
    [this.waited, this.gotBefore] = [0, this.got];
  }

  private get comparing(): boolean {
    return this.origin?.validator === undefined;
  }

  private tooMuch(): Refusal {
    const said = Math.min(this.limits.bytes, this.origin?.size ?? Infinity);
    return new Refusal("larger-than-said", { name: this.name, size: size(said) });
  }

  private short(): Refusal | undefined {
    const whole = this.origin?.size;
    if (whole === undefined) return undefined;
    return new Refusal("shorter-than-said", { name: this.name, got: size(this.got), size: size(whole) });
  }
}

function refuseEncoded({ headers }: IncomingMessage): void {
  const encoding = headers["content-encoding"]?.trim().toLowerCase() || "identity";
  if (encoding !== "identity")
    throw new Refusal("link-bad", { why: say("link/encoding", { encoding: encoding.slice(0, 20) }) });
}

/** Says in the words of the error table what the parts below know only in theirs. */
function explain(thrown: unknown, host: string, name: string): unknown {
  if (thrown instanceof Cut)
    return new Refusal(
      thrown.kind === "slow" ? "link-too-slow" : "link-unreachable",
      { host, name },
      { cause: thrown },
    );
  if (thrown instanceof Refusal && thrown.code.startsWith("link-"))
    return new Refusal(thrown.code, { host, name, ...thrown.details }, { cause: thrown.cause });
  return thrown;
}
