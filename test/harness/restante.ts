/** Restante itself as users run it: `restante serve` on a configuration file, in a process of its own that can be killed and started again. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts } from "./ports.js";
import { run, type Running } from "./process.js";
import { tempFolder } from "./tmp.js";

const BIN = fileURLToPath(new URL("../../bin/restante.js", import.meta.url));

/** Where it is a component: what startProsody and startEjabberd answer. */
export interface ComponentServer {
  readonly domain: string;
  readonly component: string;
  readonly componentPort: number;
  readonly secret: string;
  /** Trusted for https, beside the system's. */
  readonly certFile?: string;
}

export interface RestanteOptions {
  /** Laid over the tests' configuration, section by section. */
  readonly config?: Readonly<
    Record<string, Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>>
  >;
  readonly env?: Record<string, string | undefined>;
  /** Options of Node itself, such as --cpu-prof. */
  readonly node?: readonly string[];
  /** What it prints when it has started, where that is not "ready": one that stands by while another is connected. */
  readonly started?: RegExp;
  /** Shown each line that it logs. */
  readonly onLine?: (line: string) => void;
}

export interface Restante {
  readonly contact: string;
  readonly webUrl: string;
  readonly folder: string;
  readonly configFile: string;
  /** The present process. */
  readonly process: Running;
  /** Until it says "ready", or `started`. */
  start(started?: RegExp): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
}

/** Starts it; it is connected and its web server listens when this settles. */
export async function startRestante(server: ComponentServer, options: RestanteOptions = {}): Promise<Restante> {
  const folder = await tempFolder("restante-office");
  const [webPort, streamPort] = (await freePorts(2)) as [number, number];
  const webUrl = `http://127.0.0.1:${webPort}`;
  const config: Record<string, Record<string, unknown>> = {
    xmpp: { domain: server.component, server: `xmpp://127.0.0.1:${server.componentPort}`, secret: server.secret },
    database: { url: `sqlite:${join(folder.path, "restante.db")}` },
    storage: { url: `file:${join(folder.path, "blobs")}` },
    web: { listen: `127.0.0.1:${webPort}`, url: webUrl },
    streams: { listen: `127.0.0.1:${streamPort}`, host: "127.0.0.1", allow_private: true },
    access: { domains: [server.domain] },
    limits: { commands: 10_000 },
    log: { level: "debug" },
  };
  for (const [section, keys] of Object.entries(options.config ?? {})) config[section] = { ...config[section], ...keys };
  const configFile = join(folder.path, "restante.toml");
  const toml = Object.entries(config).map(([section, keys]) => `[${section}]\n${Object.entries(keys).map(([k, v]) => `${k} = ${JSON.stringify(v)}`).join("\n")}\n`); // prettier-ignore
  await writeFile(configFile, toml.join("\n"));

  let running: Running;
  const restante: Restante = {
    contact: `bot@${server.component}`,
    webUrl,
    folder: folder.path,
    configFile,
    get process() {
      return running;
    },
    async start(started = options.started ?? /^ready/) {
      running = run(process.execPath, [...(options.node ?? []), BIN, "serve", "--config", configFile], {
        name: "restante",
        log: join(folder.path, "restante.log"),
        onLine: options.onLine,
        env: { NODE_EXTRA_CA_CERTS: server.certFile, NODE_OPTIONS: undefined, ...options.env },
      });
      await running.waitFor(started);
    },
    stop: () => running.stop(),
    kill: () => running.kill(),
    async remove() {
      await running.stop();
      await folder.remove();
    },
  };
  await restante.start();
  return restante;
}
