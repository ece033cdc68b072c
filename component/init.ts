/** `restante init`: a commented configuration from the table of keys, and the snippets by which Prosody and ejabberd let it in. */
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, KEYS } from "./config.js";
import { randomId } from "./lib/ids.js";
import { parseJid } from "./lib/jid.js";

export interface InitOptions {
  /** Where the files go; made when it is not there. */
  readonly dir: string;
  /** The component's own domain. */
  readonly domain: string;
  /** Whether files that are there are replaced. */
  readonly force: boolean;
}

/** Writes the files and answers what to tell the operator. Throws {@link ConfigError}, and writes nothing, when one of them exists. */
export async function init({ dir, domain: given, force }: InitOptions): Promise<string> {
  const domain = given.toLowerCase();
  if (parseJid(domain)?.domain !== domain || !domain.includes("."))
    throw new ConfigError(`“${given}” is not a domain of its own below that of your server, like files.example.org`);
  const secret = randomId() + randomId();
  const files = {
    "restante.toml": configuration({ domain, secret }),
    "restante-prosody.cfg.lua": prosody(domain, secret),
    "restante-ejabberd.yml": ejabberd(domain, secret),
  };
  await mkdir(dir, { recursive: true });
  const written: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    const path = join(dir, name);
    await write(path, text, force, written);
    written.push(path);
  }
  return nextSteps(written as [string, string, string], domain);
}

/** Every file has the secret in it: nobody else reads it. */
async function write(path: string, text: string, force: boolean, before: readonly string[]): Promise<void> {
  try {
    const file = await open(path, force ? "w" : "wx", 0o600);
    await file
      .chmod(0o600) // what is replaced may have been everybody's to read
      .then(() => file.writeFile(text))
      .finally(() => file.close());
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== "EEXIST") throw e;
    const already = before.length > 0 ? ` (${before.join(", ")} has been written)` : "";
    throw new ConfigError(`${path} is there already, and is left as it is${already}. “--force” replaces it.`);
  }
}

/** The whole configuration file: what must be said is said, everything else stands there as a comment with its default. */
export function configuration(required: Readonly<Record<string, string>>): string {
  const lines = [
    "# Restante. Lines that begin with # show the defaults; take the # away to change one.",
    "# Each key can also be set from the environment: RESTANTE_<SECTION>_<KEY>, which counts more than this file.",
  ];
  for (const [section, keys] of Object.entries(KEYS)) {
    lines.push("", `[${section}]`);
    for (const [name, { fallback, about }] of Object.entries(keys) as [
      string,
      { fallback: unknown; about: string },
    ][]) {
      const must = fallback === undefined;
      lines.push(`# ${about}`, `${must ? "" : "# "}${name} = ${toml(must ? required[name] : fallback)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** Strings, numbers, booleans and lists of these are written in TOML as in JSON. */
function toml(value: unknown): string {
  return JSON.stringify(value).replaceAll(",", ", ");
}

function prosody(domain: string, secret: string): string {
  return `-- Restante, for Prosody 0.12 and newer. Append it to prosody.cfg.lua, then: prosodyctl check config && prosodyctl reload

Component "${domain}"
	component_secret = "${secret}"

-- Restante also wants an upload service (XEP-0363), by which people send it files. If you have none yet, it can be that itself: take the
-- dashes away here, and set [upload] domain in restante.toml.
-- Component "upload.${parentOf(domain)}"
-- 	component_secret = "${secret}"

-- Chat lines in quick succession wait for up to 40 ms each unless Nagle's algorithm is off. This line belongs at the top of the file:
-- network_settings = { nagle = false }
`;
}

function ejabberd(domain: string, secret: string): string {
  return `# Restante, for ejabberd. Add this below "listen:" in ejabberd.yml, then: ejabberdctl reload_config
  -
    port: 5347
    ip: "127.0.0.1"
    module: ejabberd_service
    # Each component gets what is meant for itself, and nothing else.
    global_routes: false
    hosts:
      "${domain}":
        password: "${secret}"
      # Restante also wants an upload service (XEP-0363), by which people send it files. If you have no mod_http_upload, it can be that itself:
      # take the # away here, and set [upload] domain in restante.toml.
      # "upload.${parentOf(domain)}":
      #   password: "${secret}"
`;
}

function parentOf(domain: string): string {
  return domain.slice(domain.indexOf(".") + 1);
}

function nextSteps([config, lua, yml]: readonly [string, string, string], domain: string): string {
  return `Written: ${config}, ${lua}, ${yml}.

Next:
  1. Let your server know it: append ${lua} to Prosody's configuration, or merge ${yml} into ejabberd's.
  2. Look through ${config}. [web] url must be an address that people can open.
  3. restante doctor --config ${config}
  4. restante serve --config ${config}
  5. Add bot@${domain} to your contacts and say “help”.
`;
}
