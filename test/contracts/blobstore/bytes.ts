/** Bytes to keep, and what is done with them. */
import { createCipheriv, createHash } from "node:crypto";
import type { BlobReader, BlobStore, BlobWriter } from "../../../component/control/ports.js";
import { Refusal } from "../../../component/lib/errors.js";

/** So many bytes with no two places alike; those of a smaller size are the beginning of those of a larger one. */
export function content(size: number): Buffer {
  return createCipheriv("aes-128-ctr", "sixteen bytes ok", Buffer.alloc(16)).update(Buffer.alloc(size));
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Writes in chunks of the size that sockets give, each chunk's memory being used again as the port allows. */
export async function fill(writer: BlobWriter, bytes: Buffer, step = 65_536): Promise<void> {
  const chunk = Buffer.allocUnsafe(step);
  for (let at = 0; at < bytes.length; at += step) {
    const n = bytes.copy(chunk, 0, at, at + step);
    await writer.write(chunk.subarray(0, n));
    chunk.fill(0xee);
  }
}

export async function put(
  store: BlobStore,
  key: string,
  bytes: Buffer,
  size?: number,
  step?: number,
): Promise<{ sha256: string; size: number }> {
  const writer = await store.create(key, size);
  await fill(writer, bytes, step);
  return writer.commit();
}

export async function drain(reader: BlobReader): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of reader) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function allKeys(store: BlobStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.keys()) keys.push(key);
  return keys.sort();
}

/** The code of the refusal that the promise ends with, or whatever else it ends with, in words. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const thrown: unknown = await promise.then(
    () => "nothing was thrown",
    (e: unknown) => e,
  );
  return thrown instanceof Refusal ? thrown.code : String(thrown);
}
