/** Files coming in: recorded before the first byte, fetched, checked, made durable, then told. */
import { Refusal, asRefusal } from "../lib/errors.js";
import { randomId } from "../lib/ids.js";
import { fileName } from "../lib/file-name.js";
import { bareOf, type BareJid, type Jid } from "../lib/jid.js";
import { SNIFF_BYTES, sniff } from "../lib/media-type.js";
import { formatSize } from "../lib/units.js";
import type { Clock } from "../lib/clock.js";
import type { Log } from "../lib/log.js";
import { requireMember } from "./access.js";
import type { BlobStore, BlobWriter, Fetcher, IncomingLink, Index, Intake, ProgressLine, Speaker } from "./ports.js";
import type { Notices } from "./notices.js";
import { AWAY, patiently, UNRECORDED } from "./patience.js";
import { label, ofFile, ofProgress, oneLine, say } from "./words.js";

/** Transfers shorter than this need no progress line. */
const QUIET_MS = 3_000;

/** How long an intake waits for our own parts before it is given up. */
const PATIENCE_MS = 15 * 60_000;

export interface IntakeLimits {
  readonly domains: readonly string[];
  readonly file: number; // bytes
  readonly quota: number; // bytes
  readonly keep: number; // ms
  readonly transfers: number;
  readonly fetch_time: number; // ms
}

export interface IntakeParts {
  readonly index: Index;
  readonly blobs: BlobStore;
  readonly fetcher: Fetcher;
  readonly speaker: Speaker;
  readonly notices: Notices;
  readonly limits: IntakeLimits;
  readonly clock: Clock;
  readonly log: Log;
}

export class Intakes {
  readonly #parts: IntakeParts;
  readonly #running = new Map<BareJid, number>();
  readonly #stop = new AbortController();
  readonly #ends = new Set<Promise<void>>();

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /**
   * A file announced by a link: settles when it is on record, so that the sender may be told that his message has arrived;
   * the fetching goes on by itself, and its end is told by notices.
   * @throws Refusal when it is clear before the first byte that it will not be kept
   */
  async begin(from: Jid, answering: Jid, link: IncomingLink): Promise<void> {
    const { fetcher, limits, index, clock } = this.#parts;
    const owner = bareOf(from);
    requireMember(owner, limits.domains);
    fetcher.judge(link.url);
    // From here on it is what everybody sees, types, and saves it under: nothing of a path or a second line gets further than this.
    const name = fileName(oneLine(link.name ?? nameOf(link.url)));
    if (link.size !== undefined) this.#checkSize(name, link.size);
    const running = this.#running.get(owner) ?? 0;
    if (running >= limits.transfers) throw new Refusal("too-many-transfers", { count: running });
    this.#running.set(owner, running + 1);
    try {
      const { bytes } = await index.usage(owner);
      if (bytes + (link.size ?? 0) > limits.quota) throw this.#overQuota(name, bytes, link.size);
      const intake: Intake = {
        id: randomId(),
        owner,
        method: "link",
        source: link.url,
        name,
        blobKey: randomId(),
        since: clock.now(),
      };
      await index.beginIntake(intake).catch((e: unknown) => {
        void this.#forget(intake); // it may be on record, and its answer was lost
        throw e;
      });
      this.#run(intake, link, from, answering);
    } catch (e) {
      this.#done(owner);
      throw e;
    }
  }

  /** Goes on with what a process that died had begun. */
  resume(intake: Intake): void {
    this.#running.set(intake.owner, (this.#running.get(intake.owner) ?? 0) + 1);
    this.#run(intake, { url: intake.source, name: intake.name }, intake.owner, undefined);
  }

  /** Breaks off what is under way; another process, or the next start, takes it up again. */
  async stop(): Promise<void> {
    this.#stop.abort(new Refusal("stopping"));
    await Promise.all(this.#ends);
  }

  #run(intake: Intake, link: IncomingLink, from: Jid, answering: Jid | undefined): void {
    const end = this.#keep(intake, link, from, answering)
      .catch((e: unknown) => this.#giveUp(intake, from, answering, e))
      .finally(() => {
        this.#done(intake.owner);
        this.#ends.delete(end);
      });
    this.#ends.add(end);
  }

  #done(owner: BareJid): void {
    const left = (this.#running.get(owner) ?? 1) - 1;
    if (left > 0) this.#running.set(owner, left);
    else this.#running.delete(owner);
  }

  /** Fetches, until it is kept or refused. */
  async #keep(intake: Intake, link: IncomingLink, from: Jid, answering: Jid | undefined): Promise<void> {
    const { index, speaker, notices, limits, clock, log } = this.#parts;
    const progress = new Progress(speaker.progress(from, answering), intake.name, clock);
    let told = false;
    const waiting = (e: Refusal): void => {
      log.warn({ err: e, intake: intake.id }, "an intake waits for the storage");
      if (!told) this.#say(from, answering, say("storage-awaited", { name: label(intake.name) }));
      told = true;
    };
    const patience = { clock, signal: this.#stop.signal, passing: AWAY, most: PATIENCE_MS, onWait: waiting };
    try {
      const { mediaType, ...blob } = await patiently(patience, () => this.#fetch(intake, link, progress));
      const file = { name: intake.name, mediaType, until: clock.now() + limits.keep };
      // On its own: the answer of a `keep` may be lost, and the bytes must not be touched again before it is known.
      const kept = await patiently(patience, () =>
        index.keep(intake, blob, file, limits.quota, (f) => [notices.make(f.owner, "kept", ofFile(f))]),
      );
      await progress.end("fetched", kept.size);
      notices.flush(kept.owner);
    } catch (e) {
      await progress.end("fetch-ended", 0);
      throw e;
    }
  }

  /** Fetches and checks; answers what is durable in the store then. */
  async #fetch(
    intake: Intake,
    link: IncomingLink,
    progress: Progress,
  ): Promise<{ sha256: string; size: number; mediaType: string }> {
    const { index, blobs, fetcher, limits } = this.#parts;
    const name = label(intake.name);
    const expected = link.size;
    await blobs.remove(intake.blobKey); // what an earlier attempt left
    const { bytes: used } = await index.usage(intake.owner);
    const most = expected ?? Math.min(limits.file, Math.max(0, limits.quota - used));
    const head = Buffer.alloc(SNIFF_BYTES);
    let writer: BlobWriter | undefined;
    let size = expected;
    try {
      const { bytes } = await fetcher.fetch(
        link.url,
        { bytes: most, name: intake.name },
        async (announced) => {
          if (announced.size !== undefined) {
            if (expected !== undefined && announced.size > expected)
              throw new Refusal("larger-than-said", { name, size: formatSize(expected) });
            this.#checkSize(intake.name, announced.size);
            if (expected !== undefined && announced.size < expected)
              throw new Refusal("shorter-than-said", { name, got: formatSize(announced.size), size: formatSize(expected) }); // prettier-ignore
            if (used + announced.size > limits.quota) throw this.#overQuota(intake.name, used, announced.size);
            size = announced.size;
          }
          writer = await blobs.create(intake.blobKey, size);
        },
        async (chunk) => {
          const at = writer!.written;
          if (at < SNIFF_BYTES) head.set(chunk.subarray(0, SNIFF_BYTES - at), at);
          await writer!.write(chunk);
          progress.at(writer!.written, size);
        },
        AbortSignal.any([this.#stop.signal, AbortSignal.timeout(limits.fetch_time)]),
      );
      if (!writer || bytes === 0) throw new Refusal("empty-file", { name });
      if (expected !== undefined && bytes < expected)
        throw new Refusal("shorter-than-said", { name, got: formatSize(bytes), size: formatSize(expected) });
      const mediaType = await sniff(head.subarray(0, Math.min(bytes, SNIFF_BYTES)), intake.name);
      const blob = await writer.commit();
      if (link.sha256 !== undefined && link.sha256 !== blob.sha256) throw new Refusal("wrong-hash", { name });
      return { ...blob, mediaType };
    } catch (e) {
      await writer?.abort();
      if (!(e instanceof Refusal)) throw e;
      if (e.code === "disk-full") throw new Refusal("disk-full", { name }, { cause: e });
      // Nothing was announced, so it was our own measure that was full.
      const unannounced = size === undefined && (e.code === "larger-than-said" || e.code === "too-large");
      if (unannounced && most < limits.file) throw this.#overQuota(intake.name, used, undefined);
      if (unannounced)
        throw new Refusal("too-large", { name, size: `more than ${formatSize(most)}`, limit: formatSize(limits.file) });
      throw e;
    }
  }

  /** The end of an intake that is not kept: told, and on record. */
  async #giveUp(intake: Intake, from: Jid, answering: Jid | undefined, thrown: unknown): Promise<void> {
    const { index, notices, log } = this.#parts;
    if (this.#stop.signal.aborted) return; // the next process goes on
    const refusal = asRefusal(thrown);
    const facts = { code: refusal.code, intake: intake.id };
    if (refusal.code === "internal") log.error({ err: thrown, ...facts }, "an intake failed");
    else if (refusal.code === "disk-full")
      log.error({ err: refusal.cause, ...facts }, "there is no room for an intake");
    else log.info({ cause: refusal.cause, ...facts }, "an intake was refused");
    const why = { name: label(intake.name), why: refusal.message };
    try {
      await index.dropIntake(intake.id, [notices.make(intake.owner, "not-kept", why)]);
      notices.flush(intake.owner);
    } catch {
      // What cannot be put down is at least said.
      this.#say(from, answering, say("not-kept", why));
      await this.#forget(intake);
    }
  }

  /** Ends an intake without a word, as soon as the records take it. Never rejects. */
  async #forget(intake: Intake): Promise<void> {
    const { index, clock, log } = this.#parts;
    const onWait = (e: Refusal): void => log.warn({ err: e, intake: intake.id }, "the end of an intake waits to be recorded"); // prettier-ignore
    const patience = { clock, signal: this.#stop.signal, passing: UNRECORDED, most: Infinity, onWait };
    await patiently(patience, () => index.dropIntake(intake.id, [])).catch((e: unknown) =>
      log.warn({ err: e, intake: intake.id }, "the end of an intake is left to the next process"),
    );
  }

  /** Tells the sender now, or never. */
  #say(from: Jid, answering: Jid | undefined, text: string): void {
    const { speaker, log } = this.#parts;
    speaker.say(from, text, answering).catch((e: unknown) => log.debug({ err: e }, "could not be said"));
  }

  #checkSize(name: string, size: number): void {
    const { file } = this.#parts.limits;
    if (size > file)
      throw new Refusal("too-large", { name: label(name), size: formatSize(size), limit: formatSize(file) });
  }

  #overQuota(name: string, used: number, size: number | undefined): Refusal {
    const { quota } = this.#parts.limits;
    return new Refusal("over-quota", { name: label(name), used: formatSize(used), quota: formatSize(quota), size: size === undefined ? "more" : formatSize(size) }); // prettier-ignore
  }
}

/** The last segment of a URL's path, as a label. */
export function nameOf(url: string): string {
  const last = new URL(url).pathname.split("/").pop() ?? "";
  try {
    return decodeURIComponent(last) || "file";
  } catch {
    return last || "file";
  }
}

/** One line about a fetch that takes long enough for people to wonder. */
class Progress {
  readonly #line: ProgressLine;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #began: number;
  #shown = false;

  constructor(line: ProgressLine, name: string, clock: Clock) {
    this.#line = line;
    this.#name = name;
    this.#clock = clock;
    this.#began = clock.now();
  }

  /** So many bytes are here. */
  at(got: number, size: number | undefined): void {
    const ms = this.#clock.now() - this.#began;
    if (ms < QUIET_MS) return;
    const word = !this.#shown ? "fetching" : size ? "fetching-at" : "fetching-some";
    this.#shown = true;
    this.#line.update(say(word, ofProgress(this.#name, got, size, ms)));
  }

  /** The last word, where there was a first one. */
  async end(word: "fetched" | "fetch-ended", size: number): Promise<void> {
    if (!this.#shown) return;
    const said = say(word, ofProgress(this.#name, size, size, this.#clock.now() - this.#began));
    await this.#line.end(said).catch(() => undefined);
  }
}
