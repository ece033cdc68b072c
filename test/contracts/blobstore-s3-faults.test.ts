import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { randomId } from "../../component/lib/ids.js";
import { createLog } from "../../component/lib/log.js";
import { placeOf } from "../../component/storage/blob/open.js";
import { S3BlobStore } from "../../component/storage/blob/s3.js";
import type { S3Server } from "../harness/s3.js";
import { startS3rver } from "../harness/s3rver.js";
import { allKeys, content, drain, fill, put, refusalOf } from "./blobstore/bytes.js";
import { openRoad, type Road } from "./blobstore/faulty-road.js";
import { BUCKET, settingsOf } from "./blobstore/s3-stage.js";

const SILENCE = 400; // ms
const size = 9_000_000;
let server: S3Server;
let road: Road;
let store: S3BlobStore;
let key: string;

beforeAll(async () => {
  server = await startS3rver([BUCKET]);
  road = await openRoad(Number(new URL(server.endpoint).port));
  const settings = settingsOf({ ...server, endpoint: `http://127.0.0.1:${road.port}` });
  store = new S3BlobStore(placeOf(settings), createLog("silent"), SILENCE);
  await store.start();
});
afterAll(async () => {
  await store?.stop();
  await road?.close();
  await server?.remove();
});
beforeEach(async () => {
  road.onAnswer = () => "pass";
  key = randomId();
  await put(store, key, content(size));
});

test("a body that is cut short again and again comes whole", async () => {
  road.onAnswer = (_, sent) => (sent > 2_000_000 ? "cut" : "pass");
  const before = road.connections;
  expect((await drain(await store.read(key))).equals(content(size))).toBe(true);
  expect(road.connections - before).toBeGreaterThan(3);
  const span = await store.read(key, { start: 1000, end: 5_000_000 });
  expect((await drain(span)).equals(content(size).subarray(1000, 5_000_000))).toBe(true);
});

test("a body that stands still is asked for again, and given up when nothing comes", async () => {
  let held = 0;
  road.onAnswer = (_, sent) => (sent > 2_000_000 && ++held < 3 ? "hold" : "pass");
  expect((await drain(await store.read(key))).equals(content(size))).toBe(true);
  const reader = await store.read(key);
  road.onAnswer = () => "hold";
  expect(await refusalOf(drain(reader))).toBe("storage-down");
});

test("a recipient who takes his time is not cut off", async () => {
  const before = road.connections;
  let got = 0;
  for await (const chunk of await store.read(key)) {
    if (got === 0) await new Promise((resolve) => setTimeout(resolve, SILENCE * 2));
    got += chunk.length;
  }
  expect(got).toBe(size);
  expect(road.connections - before).toBeLessThanOrEqual(1);
});

test("a store that takes requests and answers none is “storage-down”", async () => {
  const writer = await store.create(randomId());
  await writer.write(content(100));
  road.onAnswer = () => "hold";
  expect(await refusalOf(store.read(key))).toBe("storage-down");
  expect(await refusalOf(writer.commit())).toBe("storage-down");
  expect(await refusalOf(allKeys(store))).toBe("storage-down");
  await expect(store.check()).rejects.toThrow("no good answer from the S3 store at http://127.0.0.1");
});

test("waiting for a store that does not answer ends with the signal", async () => {
  road.onAnswer = () => "hold";
  const reason = new Error("enough");
  const controller = new AbortController();
  const reading = store.read(key, undefined, controller.signal);
  controller.abort(reason);
  await expect(reading).rejects.toBe(reason);
});

test("an upload whose last answer is lost is kept, not refused", async () => {
  const large = randomId();
  const writer = await store.create(large);
  await fill(writer, content(20_000_000));
  let lost = 0;
  road.onAnswer = (_, __, asked) => (/^POST .*uploadId=/.test(asked) && lost++ === 0 ? "cut" : "pass");
  expect((await writer.commit()).size).toBe(20_000_000);
  expect(lost).toBeGreaterThan(0);
  expect((await drain(await store.read(large))).equals(content(20_000_000))).toBe(true);
});

test("an upload is refused, and removed, when the store kept less than it was given", async () => {
  const short = randomId();
  const writer = await store.create(short);
  await fill(writer, content(100));
  road.onAnswer = (piece, _, asked) =>
    asked.startsWith("HEAD")
      ? Buffer.from(piece.toString().replace(/content-length: 100/i, "Content-Length: 99"))
      : "pass";
  expect(await refusalOf(writer.commit())).toBe("storage-down");
  expect(await refusalOf(store.read(short))).toBe("not-found");
});
