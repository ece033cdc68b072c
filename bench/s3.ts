/**
 * How fast a file goes into S3 through our store, beside @aws-sdk/lib-storage alone with the same part size, in turns in one run on one
 * Swift. Ours also hashes the file and looks at the result. `node --import ./test/harness/typescript.mjs bench/s3.ts [MiB] [rounds]`
 */
import { Upload } from "@aws-sdk/lib-storage";
import { Readable } from "node:stream";
import { randomId } from "../component/lib/ids.js";
import { atOnce, PART } from "../component/storage/blob/s3-writer.js";
import { BUCKET, plainClient, settingsOf, started } from "../test/contracts/blobstore/s3-stage.js";
import { startSwift } from "../test/harness/swift.js";

const [mebibytes = 256, rounds = 5] = process.argv.slice(2).map(Number);
const size = mebibytes * 2 ** 20;
const chunk = Buffer.alloc(65_536, 7);

const server = await startSwift();
const s3 = plainClient(server);
await s3.createBucket({ Bucket: BUCKET });
const store = await started(settingsOf(server));

async function ours(key: string, announced?: number): Promise<void> {
  const writer = await store.create(key, announced);
  for (let at = 0; at < size; at += chunk.length) await writer.write(chunk);
  await writer.commit();
}

async function libStorage(Key: string): Promise<void> {
  function* body(): Iterable<Buffer> {
    for (let at = 0; at < size; at += chunk.length) yield Buffer.from(chunk); // it keeps what it is given
  }
  const Body = Readable.from(body(), { objectMode: false });
  await new Upload({
    client: s3,
    params: { Bucket: BUCKET, Key, Body },
    partSize: PART,
    queueSize: atOnce(PART),
  }).done();
}

const ways = {
  ours: (key: string) => ours(key),
  announced: (key: string) => ours(key, size),
  "lib-storage": libStorage,
};
const results: Record<string, { seconds: number[]; cpu: number[] }> = {};
for (let round = 0; round < rounds; round++)
  for (const [name, way] of Object.entries(ways)) {
    const key = randomId();
    const [t, cpu] = [performance.now(), process.cpuUsage()];
    await way(key);
    const used = process.cpuUsage(cpu);
    const result = (results[name] ??= { seconds: [], cpu: [] });
    result.seconds.push((performance.now() - t) / 1000);
    result.cpu.push((used.user + used.system) / 1e6);
    await store.remove(key);
  }
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1]!;
for (const [name, { seconds, cpu }] of Object.entries(results))
  console.log(
    `${name.padEnd(12)} ${(size / 1e6 / median(seconds)).toFixed(0).padStart(5)} MB/s, ${((median(cpu) * 2 ** 30) / size).toFixed(2)} s of CPU per GiB`,
  );
const ratio = median(results["lib-storage"]!.seconds) / median(results.ours!.seconds);
console.log(`ours / lib-storage: ${ratio.toFixed(2)} (${mebibytes} MiB, median of ${rounds})`);
s3.destroy();
await store.stop();
await server.remove();
