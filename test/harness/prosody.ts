/** A real Prosody as a child process, with the configuration that the demo and docker-compose use: prosody/prosody.cfg.lua. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exec, type Life, lifeOf, run, type Running } from "./process.js";
import { accepting, freePorts } from "./ports.js";
import { tempFolder } from "./tmp.js";

const CONFIGURATION = fileURLToPath(new URL("../../prosody/prosody.cfg.lua", import.meta.url));

/** Accounts that are always there; the password is the name with "pw" behind it. */
export const USERS = ["romeo", "juliet", "mercutio", "nurse"] as const;
export const passwordOf = (user: string): string => `${user}pw`;

export interface ProsodyOptions {
  /** Default example.test. */
  domain?: string;
  /** Secret of the component files.DOMAIN. */
  secret?: string;
  /** More accounts than {@link USERS}, with passwords by {@link passwordOf}. */
  users?: readonly string[];
  /** More configuration: read before the hosts are declared; may declare more of them. */
  extra?: string;
  /** "debian": Nagle on and clients throttled, as Debian's package comes. */
  settings?: "shared" | "debian";
  /** Whether clients must use STARTTLS on the ordinary port. Default false: then it is not offered. */
  starttls?: boolean;
  /** Uploads by plain http. Default false: https with the certificate of `certFile`. */
  plainUploads?: boolean;
  /** No upload service of its own: upload.DOMAIN is a component, with the same secret. */
  ownUploads?: boolean;
  /** Largest upload, bytes. */
  uploadLimit?: number;
  /** Seconds that a lost client stays online; default 5. */
  hibernation?: number;
  /** "debug" shows every stanza in the log. */
  logLevel?: "debug" | "info" | "error";
}

export interface Prosody extends Life {
  readonly domain: string;
  /** files.DOMAIN */
  readonly component: string;
  readonly secret: string;
  /** Without encryption, unless `starttls`. */
  readonly c2sPort: number;
  /** TLS from the first byte. */
  readonly c2sTlsPort: number;
  readonly componentPort: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly proxyPort: number;
  /** PEM; good for DOMAIN, localhost and 127.0.0.1. */
  readonly certFile: string;
  readonly log: string;
  readonly pid: number;
  /** Adds an account, also while it runs; cheap enough for thousands. */
  addUser(name: string, password?: string): Promise<void>;
}

/** Starts Prosody; it takes connections when this settles. */
export async function startProsody(options: ProsodyOptions = {}): Promise<Prosody> {
  const { domain = "example.test", secret = "secret", settings = "shared" } = options;
  const folder = await tempFolder("restante-prosody");
  const path = (...parts: string[]): string => join(folder.path, ...parts);
  const [c2sPort, c2sTlsPort, componentPort, httpPort, httpsPort, proxyPort] = (await freePorts(6)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const accounts = path("data", encode(domain), "accounts");
  const certFile = path("certs", `${domain}.crt`);
  const log = path("prosody.log");

  async function addUser(name: string, password = passwordOf(name)): Promise<void> {
    // Prosody reads the file at the log-in and replaces the password by its hash.
    await writeFile(join(accounts, `${encode(name)}.dat`), `return { ["password"] = ${JSON.stringify(password)} };\n`);
  }

  await mkdir(accounts, { recursive: true });
  await mkdir(path("certs"));
  for (const name of [...USERS, ...(options.users ?? [])]) await addUser(name);
  await makeCertificate(domain, certFile, path("certs", `${domain}.key`));
  if (options.extra !== undefined) await writeFile(path("extra.cfg.lua"), options.extra);

  const env: Record<string, string | undefined> = {
    PROSODY_DOMAIN: domain,
    PROSODY_DATA: path("data"),
    PROSODY_CERTIFICATES: path("certs"),
    PROSODY_INTERFACE: "127.0.0.1",
    PROSODY_C2S_PORT: String(c2sPort),
    PROSODY_C2S_TLS_PORT: String(c2sTlsPort),
    PROSODY_COMPONENT_PORT: String(componentPort),
    PROSODY_HTTP_PORT: String(httpPort),
    PROSODY_HTTPS_PORT: String(httpsPort),
    PROSODY_HTTP_HOST: "127.0.0.1",
    PROSODY_PROXY_PORT: String(proxyPort),
    PROSODY_PROXY_ADDRESS: "127.0.0.1",
    PROSODY_UPLOAD_URL: options.plainUploads ? `http://127.0.0.1:${httpPort}/` : `https://127.0.0.1:${httpsPort}/`,
    PROSODY_UPLOAD_LIMIT: options.uploadLimit === undefined ? undefined : String(options.uploadLimit),
    PROSODY_STARTTLS: options.starttls ? "yes" : "no",
    PROSODY_FEDERATION: "no",
    PROSODY_HIBERNATION: String(options.hibernation ?? 5),
    PROSODY_LOG_LEVEL: options.logLevel ?? "info",
    PROSODY_DEBIAN_DEFAULTS: settings === "debian" ? "yes" : "no",
    PROSODY_RUN_AS_ROOT: process.getuid?.() === 0 ? "yes" : "no",
    PROSODY_EXTRA: options.extra === undefined ? undefined : path("extra.cfg.lua"),
    RESTANTE_XMPP_DOMAIN: `files.${domain}`,
    RESTANTE_XMPP_SECRET: secret,
    RESTANTE_UPLOAD_DOMAIN: options.ownUploads ? `upload.${domain}` : undefined,
  };

  let server: Running;
  async function start(): Promise<void> {
    server = run("prosody", ["-F", "--config", CONFIGURATION], { env, log, name: "prosody" });
    await server.during((signal) =>
      Promise.all([c2sPort, c2sTlsPort, componentPort, httpsPort].map((port) => accepting(port, signal))),
    );
  }

  const prosody: Prosody = {
    domain,
    component: `files.${domain}`,
    secret,
    c2sPort,
    c2sTlsPort,
    componentPort,
    httpPort,
    httpsPort,
    proxyPort,
    certFile,
    log,
    get pid() {
      return server.pid;
    },
    addUser,
    ...lifeOf(() => server, start, folder),
  };
  await start();
  return prosody;
}

/** As Prosody's util.datamanager names its files: everything but ASCII letters and digits as %xx. */
function encode(name: string): string {
  return [...Buffer.from(name)]
    .map((byte) =>
      /[A-Za-z0-9]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).padStart(2, "0")}`,
    )
    .join("");
}

async function makeCertificate(domain: string, certFile: string, keyFile: string): Promise<void> {
  const names = `subjectAltName=DNS:${domain},DNS:*.${domain},DNS:localhost,IP:127.0.0.1`;
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650"];
  await exec("openssl", [...args, "-subj", `/CN=${domain}`, "-addext", names, "-keyout", keyFile, "-out", certFile]);
}
