/**
 * SOCKS5 byte streams beside what Node's own streams and the kernel alone reach, in turns in one run, with a plain process as the other end.
 * In: a file of 1 GiB into the store, hashed and durable. Out: the same from the store. And fifty at once: how they share, and the memory.
 *
 *     node --import ./test/harness/typescript.mjs bench/streams.ts [--mebibytes 1024] [--rounds 3]
 */
import { createHash } from "node:crypto";
import { once, setMaxListeners } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { ByteStream } from "../component/control/ports.js";
import { systemClock } from "../component/lib/clock.js";
import { randomId } from "../component/lib/ids.js";
import { bare } from "../component/lib/jid.js";
import { createLog } from "../component/lib/log.js";
import { DiskBlobStore } from "../component/storage/blob/disk.js";
import { Guard } from "../component/transfer/guard.js";
import { SocksHosts } from "../component/transfer/socks5/hosts.js";
import { run, type Running } from "../test/harness/process.js";
import { tempFolder } from "../test/harness/tmp.js";

const { values } = parseArgs({
  options: { mebibytes: { type: "string", default: "1024" }, rounds: { type: "string", default: "3" } },
});
const SIZE = Number(values.mebibytes) * 2 ** 20;
const ROUNDS = Number(values.rounds);
const PLAIN = fileURLToPath(new URL("plain-peer.py", import.meta.url));
const PATIENCE = 300_000;
const MEMBER = bare("romeo@example.test");

setMaxListeners(0);
const folder = await tempFolder("restante-streams");
const path = join(folder.path, "file");
const log = createLog("warn");
const store = new DiskBlobStore(join(folder.path, "blobs"), log);
const guard = new Guard({ allowPrivate: true, ports: [] });
const hosts = new SocksHosts({ listen: { host: "127.0.0.1", port: 0 }, host: "127.0.0.1", guard, clock: systemClock, log }); // prettier-ignore
await Promise.all([store.start(), hosts.start()]);
const { port } = hosts.own[0]!;

/** What it took: seconds, and seconds of processor time (of ours, or of the process that did it). */
type Cost = [seconds: number, work: number];

try {
  await fiftyAtOnce();
  const into = await inTurns({ ours: oursIn, pipeline: () => pipelineIn(false), "pipeline + fsync": () => pipelineIn(true), splice: spliceIn }); // prettier-ignore
  print("in", into);
  const key = await fill();
  const out = await inTurns({ ours: () => oursOut(key), pipe: pipeOut });
  print("out", out);
} finally {
  await hosts.stop();
  await store.stop();
  await folder.remove();
}

/** The first round only warms up. */
async function inTurns(ways: Record<string, () => Promise<Cost>>): Promise<Map<string, Cost>> {
  const costs = new Map(Object.keys(ways).map((name) => [name, [] as Cost[]]));
  for (let round = -1; round < ROUNDS; round++)
    for (const [name, way] of Object.entries(ways)) {
      const cost = await way();
      if (round >= 0) costs.get(name)!.push(cost);
    }
  return new Map([...costs].map(([name, all]) => [name, [median(all.map((c) => c[0])), median(all.map((c) => c[1]))]]));
}

function print(what: string, costs: Map<string, Cost>): void {
  const [seconds, work] = costs.get("ours")!;
  for (const [name, [s, w]] of costs)
    console.log(
      `${what.padEnd(3)} ${name.padEnd(16)} ${(SIZE / 1e6 / s).toFixed(0).padStart(5)} MB/s, ${((w * 2 ** 30) / SIZE).toFixed(2)} s of CPU per GiB` +
        (name === "ours"
          ? ""
          : `: ours has ${(s / seconds).toFixed(2)} × its rate for ${(work / w).toFixed(2)} × its CPU`),
    );
}

async function measured(work: () => Promise<void>): Promise<Cost> {
  const [time, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return [(performance.now() - time) / 1000, (user + system) / 1e6];
}

function plain(...words: (string | number)[]): Running {
  return run("python3", [PLAIN, ...words.map(String)], { name: `plain ${words[0]}` });
}

async function ended(peer: Running): Promise<void> {
  if ((await peer.exit) !== 0) throw new Error(peer.lines.join("\n"));
}

/** A stream from a plain peer that does `what`. */
async function streamOf(what: "send" | "take"): Promise<[ByteStream, Running]> {
  const address = createHash("sha1").update(randomId()).digest("hex");
  const arrival = new Promise<ByteStream>((resolve) => hosts.expect([address], MEMBER, resolve));
  const peer = plain(what, port, address, SIZE);
  return [await arrival, peer];
}

async function oursIn(): Promise<Cost> {
  const key = randomId();
  const writer = await store.create(key, SIZE);
  const [stream, peer] = await streamOf("send");
  const cost = await measured(async () => {
    await stream.receive(SIZE, (chunk) => writer.write(chunk), AbortSignal.timeout(PATIENCE));
    const { size } = await writer.commit();
    if (size !== SIZE) throw new Error(`${size} bytes came`);
    stream.close();
  });
  await ended(peer);
  await store.remove(key);
  return cost;
}

async function pipelineIn(flush: boolean): Promise<Cost> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const peer = plain("send", (server.address() as AddressInfo).port, "-", SIZE);
  const [socket] = (await once(server, "connection")) as [Socket];
  const hash = createHash("sha256");
  const hashing = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const cost = await measured(async () => {
    await pipeline(socket, hashing, createWriteStream(path, { flush }));
    hash.digest("hex");
  });
  await ended(peer);
  server.close();
  await rm(path);
  return cost;
}

async function spliceIn(): Promise<Cost> {
  const taker = plain("splice", path);
  const [listening] = await taker.waitFor(/^\d+$/);
  const before = await processorTime(taker.pid);
  const time = performance.now();
  const peer = plain("send", listening, "-", SIZE);
  let work = before;
  const look = setInterval(() => void processorTime(taker.pid).then((now) => (work = now), () => undefined), 20); // prettier-ignore
  await ended(peer);
  clearInterval(look);
  await ended(taker);
  const seconds = (performance.now() - time) / 1000;
  await rm(path);
  return [seconds, work - before];
}

/** The blob, and a file with the same bytes. */
async function fill(): Promise<string> {
  const key = randomId();
  const writer = await store.create(key, SIZE);
  const piece = Buffer.alloc(2 ** 20, 7);
  await writeFile(path, "");
  for (let at = 0; at < SIZE; at += piece.length) {
    await writer.write(piece);
    await writeFile(path, piece, { flag: "a" });
  }
  await writer.commit();
  return key;
}

async function oursOut(key: string): Promise<Cost> {
  const [stream, peer] = await streamOf("take");
  const cost = await measured(async () => {
    const reader = await store.read(key);
    await reader.pour((chunk) => stream.write(chunk));
    await stream.end();
    stream.close();
  });
  await ended(peer);
  return cost;
}

async function pipeOut(): Promise<Cost> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const peer = plain("take", (server.address() as AddressInfo).port, "-", SIZE);
  const [socket] = (await once(server, "connection")) as [Socket];
  const cost = await measured(async () => {
    createReadStream(path).pipe(socket);
    await once(socket.resume(), "close");
  });
  await ended(peer);
  server.close();
  return cost;
}

/** For a while, into the store, as fast as each is taken. */
async function fiftyAtOnce(): Promise<void> {
  const MANY = 50;
  const addresses = Array.from({ length: MANY }, () => createHash("sha1").update(randomId()).digest("hex"));
  const counts: number[] = [];
  const keys: string[] = [];
  const over = new AbortController();
  const work: Promise<unknown>[] = [];
  const all = new Promise<void>((resolve) =>
    addresses.forEach((address, i) =>
      hosts.expect([address], bare(`${i}@example.test`), (stream) => {
        counts[i] = 0;
        const receive = async (): Promise<void> => {
          const key = randomId();
          keys.push(key);
          const writer = await store.create(key);
          const sink = (chunk: Uint8Array): Promise<void> => {
            counts[i]! += chunk.length;
            return writer.write(chunk);
          };
          await stream.receive(Number.MAX_SAFE_INTEGER - 1, sink, over.signal).catch(() => undefined);
          await writer.abort();
        };
        work.push(receive());
        if (work.length === MANY) resolve();
      }),
    ),
  );
  const peer = plain("flood", port, addresses.join(","));
  await all;
  const before = [...counts];
  await new Promise((resolve) => setTimeout(resolve, 4000));
  const moved = counts.map((count, i) => count - before[i]!);
  const status = await readFile("/proc/self/status", "utf8");
  over.abort();
  await Promise.all(work);
  await peer.exit;
  const [slowest, fastest] = [Math.min(...moved), Math.max(...moved)];
  const sum = moved.reduce((a, b) => a + b);
  const peak = Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024;
  console.log(
    `fifty at once: ${(sum / 4e6).toFixed(0)} MB/s in all, slowest / fastest ${(slowest / fastest).toFixed(2)}, peak memory ${peak.toFixed(0)} MiB`,
  );
}

/** Seconds of the process. */
async function processorTime(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}
