/** Looking into content. */
import type { Picture } from "../values.js";
import type { BlobReader } from "./blobs.js";

/** Looks for viruses. */
export interface Scanner {
  /** Reads `reader` to its end. Answers the name of what was found, or "" for nothing. Rejects with Refusal "scanner-down" when it cannot tell, "too-large-to-scan" when it is not let. */
  scan(reader: BlobReader, signal: AbortSignal): Promise<string>;
  /** Rejects with what is wrong. */
  check(): Promise<void>;
}

/** Makes likenesses of pictures. */
export interface Painter {
  /** Undefined when it is no picture, or not one that can be shown. Bounded in memory and time, whatever the bytes are. Never rejects but with the signal's reason. */
  paint(
    mediaType: string,
    size: number,
    read: () => Promise<BlobReader>,
    signal: AbortSignal,
  ): Promise<Picture | undefined>;
}
