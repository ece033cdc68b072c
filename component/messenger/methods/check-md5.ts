/** The checksum that stream initiation has (XEP-0096 §3): against damage on the way, not against forgery. */
import { createHash } from "node:crypto";
import type { Reception } from "../../control/ports.js";
import { Refusal } from "../../lib/errors.js";

/** The same reception, but its last write rejects with Refusal "wrong-hash" unless all `size` bytes together have this MD5 (lower-case hex). */
export function checkMd5(reception: Reception, size: number, md5: string): Pick<Reception, "begin" | "write"> {
  const hash = createHash("md5");
  let left = size;
  return {
    begin: (offset) => reception.begin(offset),
    write(chunk) {
      hash.update(chunk);
      left -= chunk.length;
      if (left === 0 && hash.digest("hex") !== md5) return Promise.reject(new Refusal("wrong-hash"));
      return reception.write(chunk);
    },
  };
}
