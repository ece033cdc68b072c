/**
 * Looks for viruses through clamd (clamd(8)): PING, VERSION, and INSTREAM with the bytes, each in a connection of its own, commands in their
 * form with a zero byte at the end. Left out: sessions (IDSESSION), files handed over by path or descriptor.
 *
 * The whole length is announced as one chunk, so that clamd refuses what is larger than its StreamMaxLength before the first byte. Its refusal
 * may be lost all the same, when it ends a connection on which bytes are under way: then it is asked once more, with the length alone.
 */
import type { BlobReader, Scanner } from "../control/ports.js";
import type { Clock } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";
import { Places } from "../lib/places.js";
import { Exchange } from "./exchange.js";

export interface ClamdParts {
  /** `tcp://HOST:PORT` or `unix:/PATH`. */
  readonly address: string;
  readonly clock: Clock;
}

/** clamd works on as many files at once (MaxThreads is 10 by default) and has others to serve. */
const AT_ONCE = 4;
/** What is asked without bytes is answered at once by a clamd that is well. */
const SOON_MS = 5_000;
/** Looking through one file: clamd itself gives up after its MaxScanTime, two minutes by default. */
const VERDICT_MS = 180_000;
/** How long a refusal of a length may take; there is no answer that says yes. */
const OBJECTION_MS = 1_000;
/** Lengths are written in 32 bits. */
const MOST = 0xffff_ffff;

export class ClamdScanner implements Scanner {
  readonly #parts: ClamdParts;
  readonly #places = new Places(AT_ONCE);

  constructor(parts: ClamdParts) {
    this.#parts = parts;
  }

  async scan(reader: BlobReader, signal: AbortSignal): Promise<string> {
    try {
      if (reader.size > MOST) throw new Refusal("too-large-to-scan");
      return await this.#places.take(signal, () => this.#scan(reader, signal));
    } catch (e) {
      if (e instanceof Refusal || signal.aborted) throw e;
      throw new Refusal("scanner-down", {}, { cause: e });
    } finally {
      await reader.close();
    }
  }

  /** Rejects also when clamd takes no files of `size` bytes. */
  async check(size = 0): Promise<void> {
    const signal = AbortSignal.timeout(2 * SOON_MS);
    await this.#ping(signal);
    if (size > 0 && (await this.#objects(size, signal)))
      throw new Error("its StreamMaxLength is smaller than the largest file that it is to look through");
  }

  /** The program and its signatures, in clamd's words. */
  version(): Promise<string> {
    return this.#ask("VERSION", AbortSignal.timeout(2 * SOON_MS));
  }

  async #scan(reader: BlobReader, signal: AbortSignal): Promise<string> {
    await this.#ping(signal); // one that hangs takes the bytes all the same, and says nothing
    const exchange = await this.#open(signal);
    try {
      await exchange.send(announcing(reader.size));
      await reader.pour((chunk) => exchange.send(chunk));
      await exchange.send(END);
      return verdict(await exchange.answer(VERDICT_MS));
    } catch (e) {
      const answered = exchange.answered;
      if (answered !== undefined && !(e instanceof Refusal)) return verdict(answered);
      if (exchange.isCut && (await this.#objects(reader.size, signal))) throw new Refusal("too-large-to-scan");
      throw e;
    } finally {
      exchange.close();
    }
  }

  /** Whether clamd will not have so many bytes. */
  async #objects(size: number, signal: AbortSignal): Promise<boolean> {
    let exchange: Exchange | undefined;
    try {
      exchange = await this.#open(signal);
      await exchange.send(announcing(size));
      return isTooLarge(await exchange.answer(OBJECTION_MS));
    } catch {
      return false;
    } finally {
      exchange?.close();
    }
  }

  async #ping(signal: AbortSignal): Promise<void> {
    const said = await this.#ask("PING", signal);
    if (said !== "PONG") throw new Error(`it is no clamd: it answered “${said.slice(0, 60)}” to a ping`);
  }

  async #ask(command: string, signal: AbortSignal): Promise<string> {
    const exchange = await this.#open(signal);
    try {
      await exchange.send(Buffer.from(`z${command}\0`));
      return await exchange.answer(SOON_MS);
    } finally {
      exchange.close();
    }
  }

  #open(signal: AbortSignal): Promise<Exchange> {
    const { address, clock } = this.#parts;
    return Exchange.open(address, SOON_MS, clock, signal);
  }
}

const END = Buffer.alloc(4);

function announcing(size: number): Buffer {
  const bytes = Buffer.from("zINSTREAM\0\0\0\0\0", "latin1");
  bytes.writeUInt32BE(size, bytes.length - 4);
  return bytes;
}

/** What clamd says of the bytes: the name of what it found, "" for nothing. @throws whatever it is, when it says neither */
function verdict(said: string): string {
  if (said === "stream: OK") return "";
  const found = /^stream: (.+) FOUND$/.exec(said)?.[1];
  if (found !== undefined) return found;
  if (isTooLarge(said)) throw new Refusal("too-large-to-scan");
  throw new Error(`clamd answered “${said.slice(0, 200)}”`);
}

const isTooLarge = (said: string): boolean => /size limit exceeded/i.test(said);
