/**
 * One file coming in by a byte stream: recorded before the first byte, checked, made durable, then told. When it is cut it is set aside,
 * and gone on with when its sender offers it again: where neither a hash nor an id tells that it is the same file, its last bytes come again
 * and have to be the same. Left out: dates, which say that a file has changed, but not that it has not.
 */
import type { EarlyFile } from "../delivery/early.js";
import { Refusal } from "../../lib/errors.js";
import { randomId } from "../../lib/ids.js";
import { SNIFF_BYTES, sniff } from "../../lib/media-type.js";
import { size as sizeOf } from "../../lib/said.js";
import type { Place } from "./admission.js";
import type { Keeper, Sender, Stored } from "./keeper.js";
import { TAIL, type BlobStore, type BlobWriter, type Intake, type KeptFile, type Reception } from "../ports.js";
import { Progress, RECEIVING } from "./progress.js";
import type { Terms } from "./terms.js";
import { label } from "../words.js";

/** Ends after which the sender may go on where he was. */
const PASSING = ["stream-cut", "stream-unreachable", "stopping"];

export interface OpenReception extends Reception {
  /** Settles when nothing more becomes of it. */
  readonly ended: Promise<void>;
}

/** What one reception begins with. */
export interface Opening {
  readonly intake: Intake;
  readonly sender: Sender;
  readonly terms: Terms;
  readonly place: Place;
  /** How many bytes may come. */
  readonly most: number;
  /** Of those that are here already. */
  readonly writer: BlobWriter | undefined;
  /** Whether the intake is on record. */
  readonly isRecorded: boolean;
  /** Whether a new beginning is found by the same id. */
  readonly keepsId: boolean;
}

export class StreamReception implements OpenReception {
  readonly held: number;
  readonly ended: Promise<void>;
  readonly #keeper: Keeper;
  readonly #sender: Sender;
  readonly #terms: Terms;
  readonly #place: Place;
  readonly #most: number;
  readonly #keepsId: boolean;
  readonly #progress: Progress | undefined;
  #settle!: () => void;
  #intake: Intake;
  #writer: BlobWriter | undefined;
  /** Offered while it comes. */
  #early: EarlyFile | undefined;
  /** Whether the intake is on record. */
  #recorded: boolean;
  #begun = false;
  #head: Buffer | undefined;
  /** Bytes that come although they are here. */
  #skip = 0;
  /** The last bytes of what is here, as long as some of them come again. */
  #tail: Uint8Array = new Uint8Array();
  /** The call that is under way. Never rejects. */
  #busy: Promise<unknown> = Promise.resolve();
  #over: Refusal | "completed" | undefined;

  constructor(keeper: Keeper, { intake, sender, terms, place, most, writer, isRecorded, keepsId }: Opening) {
    this.#keeper = keeper;
    this.#intake = intake;
    this.#sender = sender;
    this.#terms = terms;
    this.#place = place;
    this.#writer = writer;
    this.#recorded = isRecorded;
    this.#keepsId = keepsId;
    this.#most = most;
    const isKnown = keepsId || intake.sha256 !== undefined;
    if (!writer) this.held = 0;
    // Nobody can go on behind the last byte: there, the last one is sent again.
    else this.held = isKnown ? Math.min(writer.written, most - 1) : Math.max(0, writer.written - TAIL);
    const { speaker, clock } = keeper.parts.services;
    if (!sender.quiet)
      this.#progress = new Progress(speaker.progress(sender.from, sender.answering), RECEIVING, intake.name, clock);
    this.ended = new Promise((resolve) => (this.#settle = resolve));
  }

  begin(offset: number): Promise<void> {
    return this.#do(async () => {
      if (this.#begun) throw new Error("it has begun");
      if (offset < 0 || offset > this.held) throw new Refusal("range-not-satisfiable");
      this.#begun = true;
      if (this.#writer && offset === 0) await this.#startOver();
      if (this.#writer) this.#skip = this.#writer.written - offset;
      else await this.#create();
      if (this.#skip > 0) this.#tail = await this.#writer!.tail();
      else this.#openEarly();
    });
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#do(async () => {
      const writer = this.#writer!;
      const bytes = this.#skip > 0 ? this.#compared(chunk) : chunk;
      if (bytes.length === 0) return;
      const at = writer.written;
      if (at + bytes.length > this.#most) throw this.#tooMuch();
      if (this.#head && at < SNIFF_BYTES) this.#head.set(bytes.subarray(0, SNIFF_BYTES - at), at);
      await writer.write(bytes);
      if (this.#intake.size === undefined) this.#place.size = writer.written;
      this.#progress?.at(writer.written, this.#intake.size);
    });
  }

  complete(sha256?: string): Promise<KeptFile> {
    return this.#do(async () => {
      this.#over = "completed";
      const patience = this.#keeper.patience(this.#intake, this.#sender);
      try {
        const got = (this.#writer?.written ?? 0) - this.#skip;
        const size = this.#intake.size ?? got;
        if (got === 0 && size === 0) throw new Refusal("empty-file", { name: label(this.#intake.name) });
        if (got < size || !this.#writer)
          throw new Refusal("shorter-than-said", { name: label(this.#intake.name), got: sizeOf(got), size: sizeOf(size) }); // prettier-ignore
        const stored = await store(this.#writer, this.#intake, this.#keeper.parts.blobs, {
          sha256,
          ...(this.#head && { head: this.#head }),
        });
        const kept = await this.#keeper.keep(this.#intake, stored, patience, this.#terms);
        this.#early?.kept();
        await this.#progress?.end(size);
        if (!this.#sender.quiet) this.#keeper.tell(this.#intake);
        return kept;
      } catch (e) {
        this.#early?.withdraw();
        await this.#writer?.abort();
        await this.#keeper.giveUp(this.#intake, this.#sender, this.#named(e));
        await this.#progress?.end(undefined);
        throw this.#named(e);
      } finally {
        this.#leave();
      }
    });
  }

  async fail(why: Refusal): Promise<void> {
    if (this.#over !== undefined) return;
    this.#over = why;
    await this.#busy;
    this.#early?.withdraw();
    try {
      await this.#end(why);
      await this.#progress?.end(undefined);
    } catch (e) {
      await this.#writer?.abort();
      await this.#keeper.giveUp(this.#intake, this.#sender, e);
    } finally {
      this.#leave();
    }
  }

  async #end(why: Refusal): Promise<void> {
    const { index, notices } = this.#keeper.parts.services;
    const writer = this.#writer;
    // What had been set aside before is not lost by an offer that came to nothing.
    const isPassing = PASSING.includes(why.code) || !this.#begun;
    if (writer && writer.written > 0 && isPassing && isResumable(this.#intake)) {
      await writer.rest();
      return this.#keeper.setAside(this.#intake, this.#sender, writer.written);
    }
    await writer?.abort();
    if (this.#recorded) return this.#keeper.giveUp(this.#intake, this.#sender, why);
    if (this.#sender.quiet) return;
    const { owner, name, via } = this.#intake;
    await index.addNotices([notices.make(owner, "not-kept", { name: label(name), why: why.said }, via)]);
    this.#keeper.tell(this.#intake);
  }

  async #create(): Promise<void> {
    const { services, blobs } = this.#keeper.parts;
    const isRecorded = this.#recorded;
    this.#recorded = true; // even if its answer is lost
    if (!isRecorded) await services.index.beginIntake(this.#intake);
    this.#writer = await blobs.create(this.#intake.blobKey, this.#intake.size);
    this.#head = Buffer.alloc(Math.min(SNIFF_BYTES, this.#most));
  }

  /** What is new in the chunk; the rest has to be what is here, as far as that is at hand. */
  #compared(chunk: Uint8Array): Uint8Array {
    const again = chunk.subarray(0, this.#skip);
    const at = this.#tail.length - this.#skip;
    const here = this.#tail.subarray(Math.max(0, at), Math.max(0, at + again.length));
    if (Buffer.compare(here, again.subarray(Math.max(0, -at))) !== 0)
      throw new Refusal("other-file", { name: label(this.#intake.name) });
    this.#skip -= again.length;
    if (this.#skip === 0) this.#openEarly();
    return chunk.subarray(again.length);
  }

  #openEarly(): void {
    const { services, check } = this.#keeper.parts;
    // Where files are looked through, nobody gets a byte of one before that.
    if (!check) this.#early = services.delivery.early.open(this.#intake, this.#writer!);
  }

  /** The sender does not go on: what is here may be of another file of the same name. */
  async #startOver(): Promise<void> {
    await this.#writer!.abort();
    this.#writer = undefined;
    await this.#keeper.parts.services.index.dropIntake(this.#intake.id, []);
    this.#recorded = false;
    this.#intake = { ...this.#intake, id: this.#keepsId ? this.#intake.id : randomId(), blobKey: randomId() };
  }

  /** One after the other, and nothing after the end. */
  #do<T>(what: () => Promise<T>): Promise<T> {
    if (this.#over !== undefined) return Promise.reject(this.#over === "completed" ? new Error("it has ended") : this.#over); // prettier-ignore
    const done = what().catch((e: unknown) => {
      throw this.#named(e);
    });
    this.#busy = done.catch(() => undefined);
    return done;
  }

  /** More than was said; or, where nothing was, more than there is room for. */
  #tooMuch(): Refusal {
    const { name, size } = this.#intake;
    if (size !== undefined) return new Refusal("larger-than-said", { name: label(name), size: sizeOf(size) });
    return this.#keeper.admission.tooMuch(name, this.#most);
  }

  /** A full disk is told with the name of what it has no room for. */
  #named(thrown: unknown): Error {
    if (!(thrown instanceof Refusal)) return thrown as Error;
    return thrown.code === "disk-full" ? new Refusal("disk-full", { name: label(this.#intake.name) }, { cause: thrown }) : thrown; // prettier-ignore
  }

  #leave(): void {
    this.#keeper.admission.leave(this.#place);
    this.#settle();
  }
}

/** Whether what was cut is of use: the bytes of a slot and of a form come as a whole. */
export function isResumable({ method, size }: Intake): boolean {
  return size !== undefined && method !== "slot" && method !== "form";
}

/** Commits and checks. `head`: the first bytes, where they are at hand. */
export async function store(
  writer: BlobWriter,
  intake: Intake,
  blobs: BlobStore,
  { head, sha256 }: { head?: Uint8Array; sha256?: string | undefined } = {},
): Promise<Stored> {
  const blob = await writer.commit();
  for (const said of [intake.sha256, sha256])
    if (said !== undefined && said !== blob.sha256) throw new Refusal("wrong-hash", { name: label(intake.name) });
  head ??= await firstBytes(blobs, intake.blobKey, blob.size);
  return { ...blob, mediaType: await sniff(head.subarray(0, Math.min(blob.size, SNIFF_BYTES)), intake.name) };
}

async function firstBytes(blobs: BlobStore, key: string, size: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const reader = await blobs.read(key, { start: 0, end: Math.min(size, SNIFF_BYTES) });
  await reader.pour(async (chunk) => void chunks.push(Buffer.from(chunk)));
  return Buffer.concat(chunks);
}
