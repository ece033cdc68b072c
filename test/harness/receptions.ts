/** What the byte streams' negotiations hand bytes to, and take them from, where a test has no control unit: memory that notes what happened. */
import type { BlobReader, IncomingFile, KeptFile, OfferOrder, Reception } from "../../component/control/ports.js";
import type { Refusal } from "../../component/lib/errors.js";
import { bareOf, type FullJid, type Jid } from "../../component/lib/jid.js";

export interface Received extends Reception {
  readonly from: FullJid;
  readonly to: Jid;
  readonly file: IncomingFile;
  /** What has come, `held` bytes of an earlier attempt first. */
  readonly bytes: Buffer;
  /** "complete", or why not; undefined: it goes on. */
  readonly outcome: "complete" | Refusal | undefined;
  /** Outcomes so far: never more than one. */
  readonly outcomes: number;
}

/** One file that is taken in. `before`: what is here from an earlier attempt. */
export function receptionOf(
  from: FullJid,
  to: Jid,
  file: IncomingFile,
  ended: () => void,
  before: Buffer = Buffer.alloc(0),
): Received {
  const chunks: Buffer[] = [];
  let outcome: Received["outcome"];
  let outcomes = 0;
  let busy = false;
  const end = (how: Received["outcome"]): void => {
    if (busy) throw new TypeError("ended in the middle of a write");
    outcome = how;
    outcomes++;
    ended();
  };
  return {
    from,
    to,
    file,
    held: before.length,
    get bytes() {
      return Buffer.concat(chunks);
    },
    get outcome() {
      return outcome;
    },
    get outcomes() {
      return outcomes;
    },
    async begin(offset) {
      chunks.push(before.subarray(0, offset));
    },
    async write(chunk) {
      if (busy || outcome !== undefined) throw new TypeError("one call at a time, and none after the end");
      busy = true;
      chunks.push(Buffer.from(chunk)); // the memory is the caller's again
      await new Promise((resolve) => setImmediate(resolve));
      busy = false;
    },
    complete: async () => {
      end("complete");
      return kept(from, file);
    },
    fail: async (why) => end(why),
  };
}

function kept(from: FullJid, { name, size }: IncomingFile): KeptFile {
  return { id: "", owner: bareOf(from), number: 1, name, size, mediaType: "", sha256: "", since: 0, until: 0, mark: "", once: false, sealed: "" }; // prettier-ignore
}

/** A parcel's bytes. */
export function readerOf(bytes: Buffer): OfferOrder["read"] {
  return async ({ start, end }) => {
    const part = bytes.subarray(start, end);
    const reader: Pick<BlobReader, "size" | "pour" | "close"> = {
      size: bytes.length,
      async pour(sink) {
        for (let at = 0; at < part.length; at += 65_536) await sink(part.subarray(at, at + 65_536));
      },
      close: async () => {},
    };
    return reader as BlobReader;
  };
}
