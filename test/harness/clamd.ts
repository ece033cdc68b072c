/** Debian's own clamd as a child process, with a database of one signature that is ours: no list of real viruses is needed, or loaded. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Life, lifeOf, run, type Running } from "./process.js";
import { freePorts } from "./ports.js";
import { tempFolder } from "./tmp.js";

/** What clamd takes for a virus here; harmless, and unknown to every other scanner. */
export const PLAGUE = "A-PLAGUE-ON-BOTH-YOUR-HOUSES!";
/** What it calls it. */
export const PLAGUE_NAME = "Restante-Test-Plague.UNOFFICIAL";

export interface ClamdOptions {
  /** Bytes; default 400 MB. */
  readonly streamMaxLength?: number;
  /** By a socket in the file system in place of TCP. */
  readonly unix?: boolean;
}

export interface Clamd extends Life {
  /** As in [check] clamd. */
  readonly address: string;
  /** Its running process: for signals. */
  readonly process: Running;
}

/** Starts clamd; it takes connections when this settles. */
export async function startClamd({ streamMaxLength = 400_000_000, unix = false }: ClamdOptions = {}): Promise<Clamd> {
  const folder = await tempFolder("restante-clamd");
  const path = (...parts: string[]): string => join(folder.path, ...parts);
  const [port] = (await freePorts(1)) as [number];
  await mkdir(path("signatures"));
  await mkdir(path("tmp"));
  // NAME:TYPE:OFFSET:HEX, for any type of file and wherever it stands in it.
  await writeFile(path("signatures", "test.ndb"), `Restante-Test-Plague:0:*:${Buffer.from(PLAGUE).toString("hex")}\n`);
  const listen = unix ? [`LocalSocket ${path("clamd.sock")}`] : [`TCPSocket ${port}`, "TCPAddr 127.0.0.1"];
  const lines = [
    "Foreground yes",
    `DatabaseDirectory ${path("signatures")}`,
    `TemporaryDirectory ${path("tmp")}`,
    `StreamMaxLength ${streamMaxLength}`,
    "MaxFileSize 400M",
    "MaxScanSize 400M",
    ...listen,
  ];
  await writeFile(path("clamd.conf"), `${lines.join("\n")}\n`);

  let server: Running;
  async function start(): Promise<void> {
    server = run("/usr/sbin/clamd", ["--config-file", path("clamd.conf")], { log: path("clamd.log"), name: "clamd" });
    await server.waitFor(/^Self checking every/);
  }
  const clamd: Clamd = {
    address: unix ? `unix:${path("clamd.sock")}` : `tcp://127.0.0.1:${port}`,
    get process() {
      return server;
    },
    ...lifeOf(() => server, start, folder),
  };
  await start();
  return clamd;
}
