/** Blocks as they come → chunks that are worth a write. Each byte is decoded into its place and not moved again. */
import { decode } from "./wire/xep0047-ibb.js";

/** Bytes of a chunk at most; at least a half of it unless there is no more. A block is never larger than a half. */
const CHUNK = 2 ** 17;
/** Bytes that may wait for the sink before blocks are no longer answered at once, and when they are again. */
const HIGH = 3 * 2 ** 17;
const LOW = HIGH / 2;
/** Answers kept back for one stream: who has more blocks on their way does not wait for answers, and each takes a place in the router. */
const KEPT_BACK = 32;
/** Bytes of such a peer that may wait for the sink. */
const MOST = 2 ** 22;

interface Chunk {
  readonly buffer: Buffer;
  length: number;
}

export class Inflow {
  /** Bytes so far. */
  total = 0;
  readonly #blockSize: number;
  readonly #whole: Chunk[] = [];
  readonly #spare: Buffer[] = [];
  #filling: Chunk | undefined;
  #behind = 0;
  #roomy: { readonly promise: Promise<undefined>; readonly resolve: () => void } | undefined;
  #keptBack = 0;

  constructor(blockSize: number) {
    this.#blockSize = blockSize;
  }

  /** Whether there is no room for `size` more bytes even for a peer who would wait. */
  overrun(size: number): boolean {
    return this.#behind + size > MOST;
  }

  /** Takes a block of that size; false when it is not base64. */
  put(base64: string, size: number): boolean {
    const chunk = (this.#filling ??= { buffer: this.#spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK), length: 0 });
    if (!decode(base64, chunk.buffer, chunk.length)) return false;
    chunk.length += size;
    this.total += size;
    this.#behind += size;
    if (chunk.length + this.#blockSize > CHUNK) this.#seal();
    return true;
  }

  /** Whether there is a whole chunk. */
  get ready(): boolean {
    return this.#whole.length > 0;
  }

  /** When the block just taken is to be answered: undefined means at once. */
  roomy(): Promise<undefined> | undefined {
    if (this.#behind <= HIGH || this.#keptBack >= KEPT_BACK) return undefined;
    this.#keptBack++;
    if (!this.#roomy) {
      let resolve!: () => void;
      const promise = new Promise<undefined>((settle) => (resolve = () => settle(undefined)));
      this.#roomy = { promise, resolve };
    }
    return this.#roomy.promise;
  }

  /** The next whole chunk, or with `rest` what there is; its memory is good until the next call of {@link done}. */
  next(rest: boolean): Uint8Array | undefined {
    if (rest && !this.ready) this.#seal();
    const chunk = this.#whole[0];
    return chunk?.buffer.subarray(0, chunk.length);
  }

  /** The chunk that `next` has given is dealt with. */
  done(): void {
    const chunk = this.#whole.shift();
    if (!chunk) return;
    if (this.#spare.length < 4) this.#spare.push(chunk.buffer);
    this.#behind -= chunk.length;
    if (this.#behind <= LOW) this.letGo();
  }

  /** What was kept back is answered. */
  letGo(): void {
    this.#roomy?.resolve();
    this.#roomy = undefined;
    this.#keptBack = 0;
  }

  #seal(): void {
    if (this.#filling?.length) this.#whole.push(this.#filling);
    this.#filling = undefined;
  }
}
