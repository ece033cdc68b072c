/**
 * What @tus/server keeps uploads in: receptions of the control unit. One stays open from request to request, and is set aside when no more
 * comes; then the records know how far it got, and another process may go on with it, where the blob store can.
 */
import type { Readable } from "node:stream";
import { DataStore, ERRORS, Upload } from "@tus/server";
import type { OpenUpload, Reception, UploadDesk } from "../control/ports.js";
import { Bygones } from "../lib/bygones.js";
import type { Clock } from "../lib/clock.js";
import { asRefusal, Refusal } from "../lib/errors.js";
import { parseTusName, type TusFile } from "./tus-id.js";
import type { UploadCount, WebMetrics } from "./metrics.js";

/** How long a reception waits for the next piece. */
const IDLE_MS = 300_000;
/** How long an upload lasts is said with every answer; the library counts from its creation. */
const LASTING_MS = 86_400_000;
/** Uploads that were called off are told from those that never were. */
const CALLED_OFF_MS = 3_600_000;
const MOST_CALLED_OFF = 10_000;

/** A no that tus has its own status for. */
class TusError extends Error {
  readonly status_code: number;
  readonly body: string;

  constructor({ status_code, body }: { status_code: number; body: string }) {
    super(body);
    this.status_code = status_code;
    this.body = body;
  }
}

interface Live {
  readonly reception: Reception;
  readonly count: UploadCount;
  offset: number;
  /** Ends the waiting for the next piece. */
  cancel: () => void;
}

export class TusStore extends DataStore {
  readonly #desk: UploadDesk;
  readonly #clock: Clock;
  readonly #metrics: WebMetrics;
  /** By name. */
  readonly #live = new Map<string, Live>();
  /** Under way, by name. The library lets go of its lock before a write that was cut has ended, and knows of no end that comes by itself. */
  readonly #busy = new Map<string, Promise<unknown>>();
  readonly #calledOff: Bygones;
  /** Under which numbers files are kept, until that has been said. */
  readonly #numbers = new Map<string, number>();

  constructor(desk: UploadDesk, clock: Clock, metrics: WebMetrics) {
    super();
    this.extensions = ["creation", "creation-with-upload", "expiration", "termination", "checksum"];
    this.#desk = desk;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#calledOff = new Bygones(clock, CALLED_OFF_MS, MOST_CALLED_OFF);
  }

  /** Judges; nothing is kept of an upload before its first byte. */
  override async create(upload: Upload): Promise<Upload> {
    const { file, open } = await this.#open(upload.id);
    if (file.size > open.most)
      throw new Refusal("too-large", { name: file.name, size: { bytes: file.size }, limit: { bytes: open.most } });
    if (open.kind === "slot" && (open.isUsed || file.size < open.size))
      throw open.isUsed
        ? new Refusal("link-ended")
        : new Refusal("shorter-than-said", { name: file.name, got: { bytes: file.size }, size: { bytes: open.size } });
    upload.creation_date = this.#creation(open);
    return upload;
  }

  override async getUpload(name: string): Promise<Upload> {
    await this.#idle(name);
    if (this.#calledOff.has(name)) throw new Refusal("called-off");
    const { file, open } = await this.#open(name);
    const standing = this.#live.get(name)?.offset ?? (await open.standing(file.id)) ?? 0;
    const offset = standing === "kept" ? file.size : standing;
    return new Upload({ id: name, size: file.size, offset, creation_date: this.#creation(open) });
  }

  /** Takes what comes, however much that is: the library asks `getUpload` before. */
  override async write(stream: Readable, name: string, offset: number): Promise<number> {
    await this.#idle(name);
    return this.#alone(name, this.#take(stream, name, offset));
  }

  async #take(stream: Readable, name: string, offset: number): Promise<number> {
    const live = this.#live.get(name) ?? (await this.#begin(name, offset));
    if (!live) return offset;
    live.cancel();
    const { size } = parseTusName(name)!;
    try {
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        await live.reception.write(chunk);
        live.offset += chunk.length;
      }
    } catch (e) {
      if (e instanceof Refusal) await this.#end(name, live, e);
      else this.#wait(name, live);
      throw e;
    }
    if (live.offset < size) this.#wait(name, live);
    else await this.#complete(name, live);
    return live.offset;
  }

  override async remove(name: string): Promise<void> {
    await this.#idle(name);
    const live = this.#live.get(name);
    if (live) await this.#end(name, live, new Refusal("called-off"));
    const { file, open } = await this.#open(name);
    if ((await open.standing(file.id)) === "kept") throw new TusError(ERRORS.INVALID_TERMINATION);
    await open.forget(file.id);
    this.#calledOff.add(name);
  }

  /** The number of a file that has just been kept, once. */
  numberOf(name: string): number | undefined {
    const number = this.#numbers.get(name);
    this.#numbers.delete(name);
    return number;
  }

  override getExpiration(): number {
    return LASTING_MS;
  }

  /** What is open is left to the control unit, which sets it aside. */
  stop(): void {
    for (const live of this.#live.values()) {
      live.cancel();
      live.count("cut", live.offset);
    }
    this.#live.clear();
  }

  async #open(name: string): Promise<{ file: TusFile; open: OpenUpload }> {
    const file = parseTusName(name);
    if (!file) throw new Refusal("not-found");
    return { file, open: await this.#desk.open(file.token) };
  }

  /** Undefined when there is nothing left to come. */
  async #begin(name: string, offset: number): Promise<Live | undefined> {
    const { file, open } = await this.#open(name);
    if ((await open.standing(file.id)) === "kept") return undefined;
    const { size, sha256 } = file;
    const said = { name: file.name, size, ...(sha256 !== undefined && { sha256 }) };
    const reception = await open.receive(said, "tus", file.id);
    const live = { reception, offset, cancel: () => undefined, count: this.#metrics.upload("tus") };
    try {
      await reception.begin(offset);
    } catch (e) {
      await this.#end(name, live, asRefusal(e));
      // The records said that there was more of it than there is.
      throw offset > reception.held ? new TusError(ERRORS.INVALID_OFFSET) : e;
    }
    this.#live.set(name, live);
    return live;
  }

  #wait(name: string, live: Live): void {
    const cut = new Refusal("stream-cut", { name: parseTusName(name)!.name });
    live.cancel = this.#clock.after(IDLE_MS, () => void this.#alone(name, this.#end(name, live, cut)));
  }

  /** Whoever asks for the upload waits for this. */
  async #alone<T>(name: string, work: Promise<T>): Promise<T> {
    this.#busy.set(name, work);
    try {
      return await work;
    } finally {
      this.#busy.delete(name);
    }
  }

  async #idle(name: string): Promise<void> {
    await this.#busy.get(name)?.catch(() => undefined);
  }

  async #complete(name: string, live: Live): Promise<void> {
    this.#live.delete(name);
    try {
      const { number } = await live.reception.complete();
      this.#numbers.set(name, number);
      live.count("kept", live.offset);
    } catch (e) {
      live.count("refused", live.offset);
      throw e;
    }
  }

  async #end(name: string, live: Live, why: Refusal): Promise<void> {
    live.cancel();
    this.#live.delete(name);
    live.count(why.code === "stream-cut" ? "cut" : "refused", live.offset);
    await live.reception.fail(why);
  }

  /** So that it ends with its right. The library looks at the system's clock. */
  #creation({ until }: OpenUpload): string {
    return new Date(Date.now() + until - this.#clock.now() - LASTING_MS).toISOString();
  }
}
