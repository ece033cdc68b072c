/** What is to be seen of pictures: looked at when they have been kept, once for the same bytes, and shown with what is offered. */
import { pause, type Clock } from "../../lib/clock.js";
import type { Log } from "../../lib/log.js";
import { Bygones } from "../../lib/bygones.js";
import { longLived } from "../../lib/signals.js";
import type { BlobStore, FileFacts, FileMark, Index, Painter, Picture } from "../ports.js";

/** So long an offer waits for a picture that is being looked at: longer than one takes, shorter than anybody minds (ms). */
const MOMENT_MS = 500;
/** Pictures that wait to be looked at: more are looked at when they are offered, or not at all. */
const MOST_WAITING = 200;
/** Bytes of which nothing is to be seen are not looked at again for so long (ms), and so many of them. */
const IN_VAIN_MS = 86_400_000;
const MOST_IN_VAIN = 10_000;

export interface PicturesParts {
  readonly index: Index;
  readonly blobs: BlobStore;
  readonly painter: Painter;
  readonly clock: Clock;
  readonly log: Log;
}

/** A file as far as it matters here: by its own id or its parcel's. */
type Shown = FileFacts & { readonly mark: FileMark } & ({ readonly id: string } | { readonly fileId: string });

export class Pictures {
  readonly #parts: PicturesParts;
  readonly #underWay = new Map<string, Promise<Picture | undefined>>();
  readonly #inVain: Bygones;
  readonly #stop = longLived();

  constructor(parts: PicturesParts) {
    this.#parts = parts;
    this.#inVain = new Bygones(parts.clock, IN_VAIN_MS, MOST_IN_VAIN);
  }

  /** Breaks off what is under way: it is begun again when somebody is offered it. */
  stop(): void {
    this.#stop.abort(new Error("stopping"));
  }

  /** A file has been kept. Nobody waits for it. */
  kept(file: Shown): void {
    if (isPicture(file)) void this.#look(file);
  }

  /** Lets what is being looked at of these come to an end, for a moment at most. Answers whether there was anything to wait for. Never rejects. */
  async settled(files: readonly Shown[]): Promise<boolean> {
    const looking = files.map(({ sha256 }) => this.#underWay.get(sha256)).filter((one) => one !== undefined);
    if (looking.length > 0) await this.#inAMoment(Promise.all(looking));
    return looking.length > 0;
  }

  /** What is known of it by now; if nothing, it will be the next time. Never rejects. */
  async known(file: Shown): Promise<Picture | undefined> {
    if (!isPicture(file)) return undefined;
    try {
      const known = await this.#parts.index.picture(file.sha256);
      if (!known) void this.#look(file);
      return known;
    } catch (err) {
      this.#parts.log.debug({ err }, "a file is shown without its picture");
      return undefined;
    }
  }

  /** What is to be seen of it now, or in a moment. Never rejects. */
  async of(file: Shown): Promise<Picture | undefined> {
    return isPicture(file) ? ((await this.known(file)) ?? (await this.#inAMoment(this.#look(file)))) : undefined;
  }

  async #inAMoment<T>(looking: Promise<T>): Promise<T | undefined> {
    const late = new AbortController();
    const moment = pause(this.#parts.clock, MOMENT_MS, late.signal).catch(() => undefined);
    try {
      return await Promise.race([looking, moment.then(() => undefined)]);
    } finally {
      late.abort();
    }
  }

  /** Never rejects. */
  #look(file: Shown): Promise<Picture | undefined> {
    const { sha256 } = file;
    const same = this.#underWay.get(sha256);
    if (same) return same;
    if (this.#inVain.has(sha256) || this.#underWay.size >= MOST_WAITING || this.#stop.signal.aborted)
      return Promise.resolve(undefined);
    const looking = this.#paint(file)
      .catch((err: unknown) => {
        if (!this.#stop.signal.aborted) this.#parts.log.warn({ err }, "a picture could not be looked at");
        return undefined;
      })
      .finally(() => this.#underWay.delete(sha256));
    this.#underWay.set(sha256, looking);
    return looking;
  }

  async #paint(file: Shown): Promise<Picture | undefined> {
    const { index, blobs, painter } = this.#parts;
    const known = await index.picture(file.sha256);
    if (known) return known;
    const found = await index.file("fileId" in file ? file.fileId : file.id);
    if (!found) return undefined;
    const { signal } = this.#stop;
    const read = () => blobs.read(found.blob.key, undefined, signal);
    const picture = await painter.paint(file.mediaType, file.size, read, signal);
    if (picture) await index.setPicture(file.sha256, picture);
    else this.#inVain.add(file.sha256);
    return picture;
  }
}

/** Not of ciphertext, and not before the virus check has looked at it. */
function isPicture({ mediaType, mark }: Shown): boolean {
  return mediaType.startsWith("image/") && mark !== "sealed" && mark !== "held";
}
