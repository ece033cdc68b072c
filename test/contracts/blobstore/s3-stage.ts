/** The S3 stores of the harness, and ours on them. */
import { S3 } from "@aws-sdk/client-s3";
import type { BlobStore } from "../../../component/control/ports.js";
import { createLog } from "../../../component/lib/log.js";
import { openBlobStore, type StorageSettings } from "../../../component/storage/blob/open.js";
import type { S3Server } from "../../harness/s3.js";
import type { Stage } from "../blobstore.js";

export const BUCKET = "restante-test";

export function settingsOf(server: S3Server, more = ""): StorageSettings {
  const url = `s3://${BUCKET}?endpoint=${server.endpoint}&region=${server.region}${more}`;
  return { url, access_key: server.accessKey, secret_key: server.secretKey };
}

/** The SDK's own client, to look behind our back. */
export function plainClient(server: S3Server): S3 {
  return new S3({
    endpoint: server.endpoint,
    region: server.region,
    forcePathStyle: true,
    credentials: { accessKeyId: server.accessKey, secretAccessKey: server.secretKey },
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

export async function started(settings: StorageSettings): Promise<BlobStore> {
  const store = openBlobStore(settings, createLog("silent"));
  await store.start();
  return store;
}

export async function s3Stage(start: () => Promise<S3Server>): Promise<Stage> {
  const server = await start();
  const stores: BlobStore[] = [];
  const another = async (): Promise<BlobStore> => {
    stores.push(await started(settingsOf(server)));
    return stores.at(-1)!;
  };
  return {
    store: await another(),
    another,
    async end() {
      await Promise.all(stores.map((store) => store.stop()));
      await server.remove();
    },
  };
}
