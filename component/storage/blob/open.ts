/** The store that `[storage]` names. A new kind of store is a class beside these and a case here. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { BlobStore } from "../../control/ports.js";
import type { Log } from "../../lib/log.js";
import { DiskBlobStore } from "./disk.js";
import type { S3Place } from "./s3-client.js";
import { S3BlobStore } from "./s3.js";

export interface StorageSettings {
  /** `file:PATH` or `s3://BUCKET?endpoint=…&region=…&prefix=…&checksums=on`. */
  readonly url: string;
  readonly access_key: string;
  readonly secret_key: string;
}

/** Answers a store that has yet to be started. Throws an Error with a sentence for the operator when the URL is wrong. */
export function openBlobStore(settings: StorageSettings, log: Log): BlobStore {
  if (settings.url.startsWith("file:")) return new DiskBlobStore(folderOf(settings.url), log);
  if (settings.url.startsWith("s3:")) return new S3BlobStore(placeOf(settings), log);
  throw new Error("[storage] url must begin with file: or s3://");
}

/** `file:./data` is relative to where the process runs; `file:///srv/data` is as in RFC 8089. */
function folderOf(url: string): string {
  return url.startsWith("file://") ? fileURLToPath(url) : resolve(url.slice("file:".length));
}

/** Reads an s3:// URL. Exported for its test. */
export function placeOf({ url, access_key, secret_key }: StorageSettings): S3Place {
  const wrong = (why: string): never => {
    throw new Error(`[storage] url: ${why}; it goes like s3://BUCKET?endpoint=http://127.0.0.1:9000&region=us-east-1`);
  };
  if (!URL.canParse(url)) return wrong("is no URL");
  const { host: bucket, pathname, searchParams } = new URL(url);
  if (bucket === "") wrong("names no bucket");
  if (pathname !== "" && pathname !== "/") wrong("has a path: say prefix=… for names within the bucket");
  for (const name of searchParams.keys())
    if (!["endpoint", "region", "prefix", "checksums"].includes(name)) wrong(`does not know “${name}”`);
  const endpoint = searchParams.get("endpoint") ?? "";
  if (endpoint !== "" && !/^https?:\/\/./.test(endpoint)) wrong("endpoint must begin with http:// or https://");
  const checksums = searchParams.get("checksums") ?? "off";
  if (checksums !== "on" && checksums !== "off") wrong("checksums is on or off");
  if ((access_key === "") !== (secret_key === ""))
    throw new Error("[storage] access_key and secret_key go together: set both or neither");
  const prefix = searchParams.get("prefix") ?? "";
  return {
    bucket,
    endpoint,
    region: searchParams.get("region") ?? process.env.AWS_REGION ?? "us-east-1",
    prefix: prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`,
    accessKey: access_key,
    secretKey: secret_key,
    checksums: checksums === "on",
  };
}
