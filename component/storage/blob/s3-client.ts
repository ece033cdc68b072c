/** The connection to an S3 store: the SDK's client with our time limits, and what the store's answers mean. */
import type { S3 } from "@aws-sdk/client-s3";
import { Refusal } from "../../lib/errors.js";
import { say } from "../../lib/said.js";

/** Where the objects lie. */
export interface S3Place {
  readonly bucket: string;
  /** "" for AWS itself. */
  readonly endpoint: string;
  readonly region: string;
  /** Put before each key. */
  readonly prefix: string;
  /** "" for what the AWS environment says. */
  readonly accessKey: string;
  readonly secretKey: string;
  /** Whether the SDK sends and checks its own checksums: stores other than AWS often do not take them. */
  readonly checksums: boolean;
}

/** Two clients, so that recipients who read slowly never hold the connections that uploads need. */
export interface S3Clients {
  readonly talk: S3;
  /** For bodies that come out: a pause there is the recipient's, so only the wait for the answer is limited (the reader limits its own). */
  readonly bodies: S3;
}

const CONNECT = 3_000; // ms
/** How long a store may be silent in the midst of a request, in ms. */
export const SILENCE = 8_000;
// With the SDK's pauses between them, a store that refuses connections is "storage-down" in under a second, a frozen one in half a minute.
const ATTEMPTS = 3;

/** Loads the SDK, which takes a while: only those wait for it who use it. Nothing is sent yet. */
export async function connectS3(place: S3Place, silence: number): Promise<S3Clients> {
  // Our lock file says which SDK runs: on which Node a later one would run is nothing that an operator needs to be told.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const { S3 } = await import("@aws-sdk/client-s3");
  const common = {
    region: place.region,
    maxAttempts: ATTEMPTS,
    requestChecksumCalculation: place.checksums ? "WHEN_SUPPORTED" : "WHEN_REQUIRED",
    responseChecksumValidation: place.checksums ? "WHEN_SUPPORTED" : "WHEN_REQUIRED",
    ...(place.endpoint === "" ? {} : { endpoint: place.endpoint, forcePathStyle: true }),
    ...(place.accessKey === ""
      ? {}
      : { credentials: { accessKeyId: place.accessKey, secretAccessKey: place.secretKey } }),
  } as const;
  const agent = (maxSockets: number) => ({ httpAgent: { maxSockets }, httpsAgent: { maxSockets } });
  return {
    talk: new S3({
      ...common,
      requestHandler: { connectionTimeout: CONNECT, socketTimeout: silence, ...agent(64) },
    }),
    bodies: new S3({
      ...common,
      requestHandler: {
        connectionTimeout: CONNECT,
        requestTimeout: silence,
        throwOnRequestTimeout: true,
        ...agent(1024),
      },
    }),
  };
}

/** The parts of an error of the SDK or of Node that we look at. */
interface Foreign {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function anatomy(thrown: unknown): { name: string; status: number } {
  const { name, $metadata } = (thrown ?? {}) as Foreign;
  return { name: name ?? "", status: $metadata?.httpStatusCode ?? 0 };
}

/** Whether the store said that there is no such thing, other than no such bucket. */
function isMissing(thrown: unknown): boolean {
  const { name, status } = anatomy(thrown);
  return name !== "NoSuchBucket" && (status === 404 || name === "NoSuchKey" || name === "NoSuchUpload");
}

/** For `catch`: that it was not there is as good as having removed it. */
export function unlessMissing(thrown: unknown): void {
  if (!isMissing(thrown)) throw thrown;
}

/** Whether the store cannot do such a thing at all. */
export function isUnsupported(thrown: unknown): boolean {
  const { name, status } = anatomy(thrown);
  return status === 405 || status === 501 || name === "NotImplemented";
}

/** Whether a range lay outside the object. */
export function isOutOfRange(thrown: unknown): boolean {
  return anatomy(thrown).status === 416;
}

const FULL = new Set(["XMinioStorageFull", "InsufficientStorage", "QuotaExceeded", "InsufficientCapacity"]);

/** Whatever a call of the SDK threw, in the words of the error table. */
export function s3Refusal(thrown: unknown): Error {
  if (thrown instanceof Refusal || thrown instanceof RangeError) return thrown;
  const { name, status } = anatomy(thrown);
  if (status === 507 || FULL.has(name)) return new Refusal("disk-full", { name: say("that-file") }, { cause: thrown });
  return new Refusal(isMissing(thrown) ? "not-found" : "storage-down", {}, { cause: thrown });
}

/** One sentence for the operator: what is wrong with the place, and whose fault it is. `away`: it may come back by itself. */
export function s3Complaint(thrown: unknown, place: S3Place): { sentence: string; away: boolean } {
  const cause = thrown instanceof Refusal && thrown.cause !== undefined ? thrown.cause : thrown;
  const { name, status } = anatomy(cause);
  const tell = (sentence: string) => ({ sentence: `[storage] ${sentence}`, away: false });
  if (name === "CredentialsProviderError" || /^Could not load credentials/.test((cause as Foreign)?.message ?? ""))
    return tell("access_key and secret_key are empty, and the AWS environment has none either");
  if (name === "NoSuchBucket" || status === 404)
    return tell(`url: there is no bucket “${place.bucket}”: make it first`);
  if (name === "InvalidAccessKeyId") return tell("access_key: the S3 store does not know this key");
  if (name === "SignatureDoesNotMatch") return tell("secret_key: the S3 store says that it is wrong");
  if (status === 401 || status === 403)
    return tell(`url: the S3 store does not let this key write, read, list and delete in “${place.bucket}” (${name})`);
  if (status === 301 || name === "PermanentRedirect" || name === "AuthorizationHeaderMalformed")
    return tell(`url: the bucket “${place.bucket}” is not in region “${place.region}”: set region=…`);
  const where = place.endpoint || `AWS, region ${place.region}`;
  const { code, message } = (cause ?? {}) as Foreign;
  const why = code ?? (message || name);
  return { sentence: `[storage] url: no good answer from the S3 store at ${where} (${why})`, away: true };
}
