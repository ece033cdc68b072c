/**
 * One TOML file, every key also from the environment as RESTANTE_<SECTION>_<KEY>, → one frozen, checked Config.
 * The reference in docs/configuration.md is generated from the table below.
 */
import { readFileSync } from "node:fs";
import { parse, TomlError } from "smol-toml";
import { z } from "zod";
import { parseJid, toBare } from "./lib/jid.js";
import { parseDuration, parseSize } from "./lib/units.js";

/** A mistake in the configuration, in one line that says where and what to do. */
export class ConfigError extends Error {}

const domain = z
  .string()
  .transform((text) => text.toLowerCase())
  .refine((text) => parseJid(text)?.domain === text, "must be a domain, like files.example.org");
const size = z.string().transform((text, ctx) => parseSize(text) || bad(ctx, "must be a size, like 2 GiB"));
const duration = z.string().transform((text, ctx) => parseDuration(text) || bad(ctx, "must be a time, like 30 days"));
const flag = z.union([z.boolean(), z.enum(["true", "false"])], "must be true or false").transform((v) => String(v) === "true"); // prettier-ignore
const count = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], "must be a number, 1 or more")
  .refine((n) => Number.isSafeInteger(n) && n > 0, "must be a number, 1 or more");
const localpart = z
  .string()
  .transform((text) => text.toLowerCase())
  .refine((text) => parseJid(`${text}@x`)?.local === text && text !== "", "must be what may stand before an @");
/** A list in TOML; in the environment, words between spaces or commas. */
const words = z
  .union([z.array(z.union([z.string(), z.number()])), z.string()], "must be a list")
  .transform((given) => (Array.isArray(given) ? given.map(String) : given.split(/[\s,]+/).filter(Boolean)));
const ports = words
  .refine((all) => all.every((n) => /^\d+$/.test(n) && Number(n) > 0 && Number(n) < 65536), "must be port numbers")
  .transform((all) => all.map(Number));
const domains = words.pipe(z.array(domain));
const jids = words
  .refine((all) => all.every((jid) => toBare(jid)), "must be addresses")
  .transform((all) => all.map((jid) => toBare(jid)!));
const address = z.string().transform((text, ctx) => {
  const m = /^(?:\[([0-9a-f:.]+)\]|([^:]+)):(\d{1,5})$/i.exec(text);
  return m && Number(m[3]) < 65536
    ? { host: (m[1] ?? m[2])!, port: Number(m[3]) }
    : bad(ctx, "must be ADDRESS:PORT, like 127.0.0.1:8090");
});
const url = (...schemes: string[]) =>
  z
    .string()
    .refine((text) => schemes.some((s) => text.startsWith(s)), `must begin with ${schemes.join(" or ")}`)
    .refine((text) => !text.includes("//") || URL.canParse(text), "cannot be read as a URL");

function bad(ctx: z.RefinementCtx, message: string): never {
  ctx.addIssue({ code: "custom", message });
  return z.NEVER;
}

/** Every key: its check, its default, and its line in the reference. */
export const KEYS = {
  xmpp: {
    domain: key(domain, undefined, "The component's own domain, as the server knows it."),
    server: key(url("xmpp://"), "xmpp://127.0.0.1:5347", "Where the server takes components (XEP-0114)."),
    secret: key(
      z.string().min(1, "must not be empty"),
      undefined,
      "The secret that the server has for this component.",
    ),
    contact: key(localpart, "bot", "The part before the @ of the contact that people add."),
    name: key(z.string().min(1, "must not be empty"), "Restante", "The contact's name, as people see it."),
    abuse: key(z.string(), "", "Where to write about abuse (XEP-0157): mailto:… or xmpp:…"),
  },
  database: {
    url: key(
      url("sqlite:", "postgres://", "postgresql://"),
      "sqlite:./data/restante.db",
      "The records: a SQLite file, or a PostgreSQL database.",
    ),
  },
  storage: {
    url: key(
      url("file:", "s3://"),
      "file:./data/blobs",
      "The bytes: a folder, or s3://BUCKET?endpoint=…&region=…&prefix=…",
    ),
    access_key: key(z.string(), "", "S3 access key; empty: from the AWS environment."),
    secret_key: key(z.string(), "", "S3 secret key."),
  },
  web: {
    listen: key(address, "127.0.0.1:8090", "Where the web server listens."),
    url: key(url("http://", "https://"), "http://127.0.0.1:8090", "How people reach it."),
  },
  streams: {
    listen: key(
      address,
      "0.0.0.0:7625",
      "Where the host of byte streams listens (SOCKS5, XEP-0065): clients that send by Jingle or SI connect to it.",
    ),
    host: key(
      z.string(),
      "",
      "How clients reach that host: a name, or an address of this machine. Empty: the component's own domain.",
    ),
    allow_private: key(flag, false, "Whether to fetch from and connect to private addresses (intranets, tests)."),
    ports: key(ports, [], "Which ports links may name; empty: the usual web ports, or any where allow_private is set."),
  },
  access: {
    domains: key(
      domains,
      [],
      "Whose users may send and keep files; anyone may be a recipient. Empty: the parent of the component's domain.",
    ),
    recipients: key(
      domains,
      [],
      "Beside those: which domains' people may be sent to. Empty: everybody, wherever he is.",
    ),
    refuse: key(domains, [], "Domains whose people may neither send nor be sent to, and get no answer."),
    admins: key(jids, [], "Who is told of complaints (XEP-0377): addresses."),
  },
  limits: {
    file: key(size, "2 GiB", "The largest file."),
    quota: key(size, "10 GiB", "What one member may keep."),
    keep: key(duration, "30 days", "How long files are kept."),
    partial: key(duration, "1 day", "How long what came of a transfer that was cut is kept for going on with."),
    transfers: key(count, 4, "Transfers of one member at once."),
    commands: key(count, 30, "Messages of one person in a minute."),
    invitations: key(count, 20, "How many people who do not know the bot one member may write to in a day."),
    invited: key(count, 3, "How many such messages one person gets in a day, whoever they are from."),
    remind: key(duration, "3 days", "How long before its end people are reminded of a file."),
    fetch_time: key(duration, "6 hours", "The longest that fetching one link may take."),
  },
  upload: {
    domain: key(
      z.union([z.literal(""), domain]),
      "",
      "The address of an HTTP upload service of its own (XEP-0363), like upload.example.org; empty: none.",
    ),
    server: key(
      z.union([z.literal(""), url("xmpp://")]),
      "",
      "Where the server takes that component. Empty: as in [xmpp].",
    ),
    secret: key(z.string(), "", "Its secret. Empty: as in [xmpp]."),
    file: key(size, "1 GiB", "The largest file that it takes."),
    ephemeral: key(
      duration,
      "1 day",
      "How long it keeps what was uploaded as ephemeral; all else is kept as in [limits].",
    ),
  },
  check: {
    clamd: key(
      z.union([
        z.literal(""),
        z.string().regex(/^(tcp:\/\/[^/]+:\d+|unix:\/.+)$/, "must be tcp://HOST:PORT or unix:/PATH"),
      ]),
      "",
      "Where clamd listens, which looks for viruses; empty: nothing is looked through.",
    ),
    absent: key(
      z.enum(["hold", "pass"]),
      "hold",
      "What is done with files while clamd does not answer: hold them until it does, or pass them on with a mark.",
    ),
    file: key(
      size,
      "100 MiB",
      "Larger files are passed on with a mark, unchecked; clamd's StreamMaxLength and MaxFileSize must allow as much.",
    ),
    sealed: key(
      z.enum(["pass", "refuse"]),
      "pass",
      "What is done with files that are encrypted where they lie (aesgcm: links), into which nobody can look: pass them on as such, or refuse them.",
    ),
  },
  mail: {
    smtp: key(z.string(), "", "Reserved for mail, which this version does not send yet: leave it empty."),
    from: key(z.string(), "", "Reserved for mail."),
    listen: key(z.string(), "", "Reserved for mail."),
    domain: key(z.string(), "", "Reserved for mail."),
  },
  log: {
    level: key(
      z.enum(["trace", "debug", "info", "warn", "error", "silent"]),
      "info",
      "How much is logged, to standard error.",
    ),
  },
} as const;

function key<S extends z.ZodType>(schema: S, fallback: unknown, about: string) {
  return { schema, fallback, about };
}

type Keys = typeof KEYS;
export type Config = {
  readonly [S in keyof Keys]: {
    readonly [K in keyof Keys[S]]: Keys[S][K] extends { schema: infer Z extends z.ZodType } ? z.output<Z> : never;
  };
};

/** Reads `file` (absent: only the environment). Throws {@link ConfigError}. */
export function loadConfig(file: string | undefined, env: NodeJS.ProcessEnv = process.env): Config {
  let tree: unknown = {};
  if (file !== undefined) {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (e) {
      throw new ConfigError(
        `${file}: cannot be read (${(e as NodeJS.ErrnoException).code}). “restante init” writes one.`,
      );
    }
    try {
      tree = parse(text);
    } catch (e) {
      if (!(e instanceof TomlError)) throw e;
      throw new ConfigError(`${file}:${e.line}:${e.column}: ${e.message.split("\n")[0]}`);
    }
  }
  return checkConfig(tree as Record<string, unknown>, file ?? "configuration", env);
}

/** Checks a tree of sections and keys, with what the environment says laid over it. */
export function checkConfig(tree: Record<string, unknown>, where: string, env: NodeJS.ProcessEnv = {}): Config {
  const known = KEYS as unknown as Record<string, Record<string, ReturnType<typeof key>>>;
  for (const [section, keys] of Object.entries(tree)) {
    if (!Object.hasOwn(known, section))
      throw new ConfigError(`${where}: there is no section [${section}]; there are ${Object.keys(known).join(", ")}`);
    if (typeof keys !== "object" || keys === null)
      throw new ConfigError(`${where}: ${section} must be a section: [${section}]`);
    for (const name of Object.keys(keys))
      if (!Object.hasOwn(known[section]!, name))
        throw new ConfigError(
          `${where}: [${section}] has no key “${name}”; it has ${Object.keys(known[section]!).join(", ")}`,
        );
  }
  refuseUnknownVariables(known, env);
  const config: Record<string, Record<string, unknown>> = {};
  for (const [section, keys] of Object.entries(known)) {
    const given = (tree[section] ?? {}) as Record<string, unknown>;
    const out: Record<string, unknown> = (config[section] = {});
    for (const [name, { schema, fallback }] of Object.entries(keys)) {
      const variable = `RESTANTE_${section}_${name}`.toUpperCase();
      const value = env[variable] ?? given[name] ?? fallback;
      const source = env[variable] !== undefined ? variable : `${where}: [${section}] ${name}`;
      if (value === undefined) throw new ConfigError(`${source} is missing`);
      const result = schema.safeParse(value);
      if (!result.success)
        throw new ConfigError(
          `${source} ${result.error.issues[0]!.message.replace(/^Invalid input: /, "")}${isSecret(section, name) ? "" : ` (it is ${JSON.stringify(value)})`}`,
        );
      out[name] = result.data;
    }
    Object.freeze(out);
  }
  return derive(config as unknown as Config);
}

/** Where web servers and the upload services of XMPP servers listen. */
const WEB_PORTS = [80, 443, 5280, 5281, 5443, 7443, 8080, 8443];

/** Whether a value may hold what must not be shown; a database's URL may have a password in it. */
export function isSecret(section: string, name: string): boolean {
  return /secret|_key$/.test(name) || section === "database";
}

/** A misspelt variable must not be ignored; but only the ones of our own sections are ours to judge. */
function refuseUnknownVariables(known: Record<string, Record<string, unknown>>, env: NodeJS.ProcessEnv): void {
  for (const variable of Object.keys(env)) {
    const [section = "", name = ""] = /^RESTANTE_([A-Z]+)_(.+)$/.exec(variable)?.slice(1).map((s) => s.toLowerCase()) ?? []; // prettier-ignore
    if (Object.hasOwn(known, section) && !Object.hasOwn(known[section]!, name))
      throw new ConfigError(`${variable}: [${section}] has no key “${name}”; it has ${Object.keys(known[section]!).join(", ")}`); // prettier-ignore
  }
}

/** What follows from other keys. */
function derive(config: Config): Config {
  const parent = config.xmpp.domain.split(".").slice(1).join(".");
  return Object.freeze({
    ...config,
    streams: Object.freeze({
      ...config.streams,
      host: config.streams.host || config.xmpp.domain,
      ports: config.streams.ports.length > 0 || config.streams.allow_private ? config.streams.ports : WEB_PORTS,
    }),
    access: Object.freeze({
      ...config.access,
      domains: config.access.domains.length > 0 || parent === "" ? config.access.domains : [parent],
    }),
    web: Object.freeze({ ...config.web, url: config.web.url.replace(/\/+$/, "") }),
  });
}
