/** A real PostgreSQL as a child process, on loopback TCP, with a folder of its own. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { userInfo } from "node:os";
import { exec, type Life, lifeOf, run, type Running, type RunOptions } from "./process.js";
import { freePorts } from "./ports.js";
import { tempFolder } from "./tmp.js";

const BINARIES = "/usr/lib/postgresql"; // Debian keeps each major version in a folder of its own

export interface Postgres extends Life {
  readonly port: number;
  readonly pid: number;
  readonly log: string;
  /** Makes an empty database and answers its URL. */
  createDatabase(name?: string): Promise<string>;
}

/** After a crash it syncs each of its files, while other tests may keep the disk busy. */
const RECOVERY = 120_000;

/** Starts PostgreSQL; it answers queries when this settles. */
export async function startPostgres(): Promise<Postgres> {
  const versions = await readdir(BINARIES).catch(() => []);
  const newest = versions.sort((a, b) => Number(a) - Number(b)).at(-1);
  if (newest === undefined) throw new Error("PostgreSQL is not installed: run test/setup");
  const program = (name: string): string => join(BINARIES, newest, "bin", name);
  const folder = await tempFolder("restante-postgres");
  const data = join(folder.path, "data");
  const log = join(folder.path, "postgres.log");
  const [port] = (await freePorts(1)) as [number];
  // PostgreSQL refuses to run as root: then it becomes the user that Debian's package made for it.
  const asOther =
    userInfo().uid === 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] : [];
  if (asOther.length > 0) await exec("chown", ["postgres:postgres", folder.path]);
  // Its last checkpoint takes long on a busy disk; killed in the middle of it, it does not come back for as long.
  const options: RunOptions = {
    cwd: folder.path,
    stopSignal: "SIGINT",
    patience: 60_000,
    env: { LC_ALL: "C.UTF-8", HOME: folder.path },
  };
  const command = (name: string, args: string[]): [string, string[]] => {
    const [first, ...rest] = [...asOther, program(name), ...args];
    return [first!, rest];
  };
  const [init, initArgs] = command("initdb", ["-D", data, "-U", "restante", "-A", "trust", "-E", "UTF8", "--no-sync"]);
  await exec(init, initArgs, options);

  let server: Running;
  async function start(): Promise<void> {
    const [postgres, args] = command("postgres", [
      "-D",
      data,
      "-p",
      String(port),
      "-h",
      "127.0.0.1",
      "-k",
      folder.path,
    ]);
    for (let attempt = 1; ; attempt++) {
      server = run(postgres, args, { ...options, log, name: "postgres" });
      const answer = await server.waitFor(
        /ready to accept connections|pre-existing shared memory block|lock file .* already exists/,
        RECOVERY,
      );
      if (/ready/.test(answer[0])) return;
      // After kill -9 the last server processes of the dead one need a moment to notice.
      await server.exit;
      if (attempt === 100) throw new Error(`postgres does not come back:\n${server.lines.join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  await start();

  return {
    port,
    log,
    get pid() {
      return server.pid;
    },
    async createDatabase(name = `restante_${Math.random().toString(36).slice(2)}`) {
      await exec(program("psql"), [
        "-h",
        "127.0.0.1",
        "-p",
        String(port),
        "-U",
        "restante",
        "-c",
        `create database "${name}"`,
        "template1",
      ]);
      return `postgres://restante@127.0.0.1:${port}/${name}`;
    },
    ...lifeOf(() => server, start, folder),
  };
}
