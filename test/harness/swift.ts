/** OpenStack Swift with its s3api, from Debian: a strict S3 store on loopback, one disk, one copy. */
import { mkdir } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { exec, run, type Running } from "./process.js";
import { accepting, freePorts } from "./ports.js";
import type { S3Server } from "./s3.js";
import { fill, tempFolder } from "./tmp.js";

const KINDS = ["account", "container", "object", "proxy"] as const;

export interface Swift extends S3Server {
  readonly log: string;
  /** kill -9 for all of it. */
  kill(): Promise<void>;
}

/** Starts Swift; it takes requests when this settles. Buckets are made by the caller. */
export async function startSwift(): Promise<Swift> {
  const folder = await tempFolder("restante-swift");
  const path = (...parts: string[]): string => join(folder.path, ...parts);
  const log = path("swift.log");
  const [memcachedPort, ...rest] = (await freePorts(1 + KINDS.length)) as [number, number, number, number, number];
  const ports = Object.fromEntries(KINDS.map((kind, i) => [kind, rest[i]!])) as Record<(typeof KINDS)[number], number>;
  const values = { FOLDER: folder.path, USER: userInfo().username, MEMCACHED_PORT: memcachedPort };
  const template = (name: string): URL => new URL(`swift/${name}.in`, import.meta.url);

  await mkdir(path("devices", "d1"), { recursive: true });
  await fill(template("swift.conf"), path("swift.conf"), values);
  for (const kind of KINDS) {
    const name = `${kind}-server.conf`;
    await fill(template(name), path(name), { ...values, PORT: ports[kind] });
  }
  // The rings say where things lie: 2^4 parts, 1 copy, on the one disk.
  const makeRing = async (kind: "account" | "container" | "object"): Promise<void> => {
    const builder = path(`${kind}.builder`);
    await exec("swift-ring-builder", [builder, "create", "4", "1", "1"]);
    await exec("swift-ring-builder", [builder, "add", `r1z1-127.0.0.1:${ports[kind]}/d1`, "1"]);
    await exec("swift-ring-builder", [builder, "rebalance"]);
  };
  await Promise.all([makeRing("account"), makeRing("container"), makeRing("object")]);

  let servers: Running[] = [];
  async function start(): Promise<void> {
    const asUser = userInfo().uid === 0 ? ["-u", "root"] : [];
    const options = { cwd: folder.path, log, env: { SWIFT_CONF: path("swift.conf") } };
    const memcached = run("memcached", ["-l", "127.0.0.1", "-p", String(memcachedPort), "-U", "0", ...asUser], options);
    servers = [
      memcached,
      ...KINDS.map((kind) => run(`swift-${kind}-server`, [path(`${kind}-server.conf`), "-v"], options)),
    ];
    await memcached.during((signal) => accepting(memcachedPort, signal));
    await Promise.all(
      KINDS.map((kind, i) => servers[i + 1]!.during((signal) => answering(ports[kind], signal), 60_000)),
    );
  }
  const stop = async (): Promise<void> => void (await Promise.all(servers.map((server) => server.stop())));
  await start();

  return {
    endpoint: `http://127.0.0.1:${ports.proxy}`,
    region: "us-east-1",
    accessKey: "restante:test",
    secretKey: "secret",
    log,
    start,
    stop,
    kill: async () => void (await Promise.all(servers.map((server) => server.kill()))),
    async remove() {
      await stop();
      await folder.remove();
    },
  };
}

/**
 * Swift's servers take connections before they have read their programs, and may break them while they do: only an answer, of whatever status,
 * shows that they are there.
 */
async function answering(port: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    await accepting(port, signal);
    try {
      await (await fetch(`http://127.0.0.1:${port}/`, { signal })).arrayBuffer();
      return;
    } catch {
      await delay(50, undefined, { signal });
    }
  }
}
