import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { BlobStore } from "../../component/control/ports.js";
import { PART } from "../../component/storage/blob/s3-writer.js";
import type { S3Server } from "../harness/s3.js";
import { startSwift } from "../harness/swift.js";
import { blobStoreContract } from "./blobstore.js";
import { surviveKills } from "./blobstore/kill.js";
import { BUCKET, plainClient, s3Stage, settingsOf, started } from "./blobstore/s3-stage.js";
import { s3Contract } from "./blobstore/s3.js";

async function start(): Promise<S3Server> {
  const server = await startSwift();
  const s3 = plainClient(server);
  await s3.createBucket({ Bucket: BUCKET });
  s3.destroy();
  return server;
}

const MEMORY = 64 * 2 ** 20;
blobStoreContract(
  "blobs in Swift",
  { turns: [PART], seesUnfinished: true, resumes: false, follows: false, memory: MEMORY },
  () => s3Stage(start),
);
s3Contract("Swift", start);

describe("Swift, which is strict", () => {
  let server: S3Server;
  let store: BlobStore;
  beforeAll(async () => {
    server = await start();
    store = await started(settingsOf(server));
  }, 120_000);
  afterAll(async () => {
    await store?.stop();
    await server?.remove();
  });

  test("a wrong key stops the start with a sentence", async () => {
    const settings = settingsOf(server);
    await expect(started({ ...settings, secret_key: "wrong" })).rejects.toThrow(
      "secret_key: the S3 store says that it is wrong",
    );
    await expect(started({ ...settings, access_key: "nobody:here" })).rejects.toThrow(/access_key|secret_key/);
  });

  test("kill -9 at any time leaves whole objects, and nothing else that can be read", async () => {
    await surviveKills(store, settingsOf(server), 32_000_000, 6);
    const s3 = plainClient(server);
    expect((await s3.listMultipartUploads({ Bucket: BUCKET })).Uploads ?? []).toEqual([]);
    s3.destroy();
  }, 120_000);
});
