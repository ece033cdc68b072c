/** A real ejabberd as a child process: one node that talks to no other, so without epmd, its Mnesia in a folder of its own. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Life, lifeOf, run, type Running } from "./process.js";
import { freePorts } from "./ports.js";
import { passwordOf, USERS } from "./prosody.js";
import { fill, tempFolder } from "./tmp.js";

export interface EjabberdOptions {
  /** Default example.test. */
  domain?: string;
  secret?: string;
  /** More accounts than the usual four. */
  users?: readonly string[];
  /** More lines of the section `modules`. */
  modules?: string;
  /** Largest upload, bytes. */
  uploadLimit?: number;
  logLevel?: "debug" | "info" | "error";
}

export interface Ejabberd extends Life {
  readonly domain: string;
  /** files.DOMAIN */
  readonly component: string;
  readonly secret: string;
  readonly c2sPort: number;
  readonly componentPort: number;
  readonly httpPort: number;
  readonly proxyPort: number;
  readonly log: string;
  readonly pid: number;
  addUser(name: string, password?: string): Promise<void>;
}

/** Starts ejabberd with the same accounts as Prosody; it takes connections when this settles. */
export async function startEjabberd(options: EjabberdOptions = {}): Promise<Ejabberd> {
  const { domain = "example.test", secret = "secret" } = options;
  const folder = await tempFolder("restante-ejabberd");
  const [c2sPort, componentPort, httpPort, proxyPort] = (await freePorts(4)) as [number, number, number, number];
  const log = join(folder.path, "ejabberd.log");
  const configuration = join(folder.path, "ejabberd.yml");
  await fill(new URL("ejabberd.yml.in", import.meta.url), configuration, {
    DOMAIN: domain,
    SECRET: secret,
    FOLDER: folder.path,
    LOG_LEVEL: options.logLevel ?? "info",
    C2S_PORT: c2sPort,
    COMPONENT_PORT: componentPort,
    HTTP_PORT: httpPort,
    PROXY_PORT: proxyPort,
    UPLOAD_LIMIT: options.uploadLimit ?? 104_857_600,
    MODULES: options.modules ?? "",
  });
  const libraries = await findLibraries();

  let server: Running;
  async function start(): Promise<void> {
    // Straight from erl: ejabberdctl would change the user, name the node and start epmd, which stays behind.
    const args = [
      "-noinput",
      "+P",
      "250000",
      "-mnesia",
      "dir",
      JSON.stringify(join(folder.path, "mnesia")),
      "-s",
      "ejabberd",
    ];
    server = run("erl", args, {
      name: "ejabberd",
      cwd: folder.path,
      env: {
        HOME: folder.path,
        ERL_LIBS: libraries,
        ERL_CRASH_DUMP: join(folder.path, "crash.dump"),
        EJABBERD_CONFIG_PATH: configuration,
        EJABBERD_LOG_PATH: log,
      },
    });
    await server.waitFor(/ejabberd .* is started in the node/, 60_000);
  }
  await start();

  async function addUser(name: string, password = passwordOf(name)): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${httpPort}/api/register`, {
      method: "POST",
      body: JSON.stringify({ user: name, host: domain, password }),
    });
    if (!response.ok)
      throw new Error(`ejabberd does not register ${name}: ${response.status} ${await response.text()}`);
  }
  for (const name of [...USERS, ...(options.users ?? [])]) await addUser(name);

  return {
    domain,
    component: `files.${domain}`,
    secret,
    c2sPort,
    componentPort,
    httpPort,
    proxyPort,
    log,
    get pid() {
      return server.pid;
    },
    addUser,
    ...lifeOf(() => server, start, folder),
  };
}

/** Debian puts ejabberd and its Erlang libraries beside the C libraries of the machine's architecture. */
async function findLibraries(): Promise<string> {
  for (const entry of await readdir("/usr/lib")) {
    if (!entry.endsWith("-linux-gnu")) continue;
    const path = join("/usr/lib", entry);
    if ((await readdir(path)).some((name) => name.startsWith("ejabberd-"))) return path;
  }
  throw new Error("ejabberd is not installed: run test/setup");
}
