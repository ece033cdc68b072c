/** The program as operators meet it: init, doctor and serve, as child processes over a real Prosody. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../../component/config.js";
import { configuration } from "../../component/init.js";
import { startClamd } from "../harness/clamd.js";
import { freePorts } from "../harness/ports.js";
import { exec, run, type Running } from "../harness/process.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

const LOADER = fileURLToPath(new URL("../harness/typescript.mjs", import.meta.url));
const CLI = fileURLToPath(new URL("../../component/cli.ts", import.meta.url));

/** A domain of people who have nowhere to upload. */
const BARE = "bare.test";

let folder: TempFolder;
let prosody: Prosody;
const running: Running[] = [];
const servers: Server[] = [];

beforeAll(async () => {
  folder = await tempFolder();
  prosody = await startProsody({ plainUploads: true, extra: `VirtualHost "${BARE}"` });
}, 60_000);
afterAll(async () => {
  await prosody.remove();
  await folder.remove();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((r) => r.stop()));
  for (const server of servers.splice(0)) server.close();
});

/** Starts the program in a folder of its own; `env` is laid over the settings that fit the Prosody here. */
function restante(args: readonly string[], env: Record<string, string> = {}): Running {
  const started = run(process.execPath, ["--no-warnings", "--import", LOADER, CLI, ...args], {
    cwd: folder.path,
    env,
    name: "restante",
  });
  running.push(started);
  return started;
}

async function settings(name: string): Promise<Record<string, string>> {
  const [web, streams] = await freePorts(2);
  return {
    RESTANTE_XMPP_DOMAIN: prosody.component,
    RESTANTE_XMPP_SECRET: prosody.secret,
    RESTANTE_XMPP_SERVER: `xmpp://127.0.0.1:${prosody.componentPort}`,
    RESTANTE_DATABASE_URL: `sqlite:./${name}/restante.db`,
    RESTANTE_STORAGE_URL: `file:./${name}/blobs`,
    RESTANTE_WEB_LISTEN: `127.0.0.1:${web}`,
    RESTANTE_WEB_URL: `http://127.0.0.1:${web}`,
    RESTANTE_STREAMS_LISTEN: `127.0.0.1:${streams}`,
    RESTANTE_STREAMS_HOST: "127.0.0.1",
  };
}

interface Ended {
  code: number | null;
  text: string;
}

async function ended(process: Running): Promise<Ended> {
  const code = await process.exit;
  return { code, text: process.lines.join("\n") };
}

describe("init", () => {
  test("writes a configuration that is accepted, for its owner's eyes only, and snippets with the same secret", async () => {
    const { code, text } = await ended(restante(["init", "--dir", "fresh/house", "--domain", "files.example.net"]));
    expect([code, text]).toEqual([0, expect.stringContaining("restante doctor --config fresh/house/restante.toml")]);
    const at = (name: string): string => join(folder.path, "fresh/house", name);
    const config = loadConfig(at("restante.toml"), {});
    expect(config.xmpp.domain).toBe("files.example.net");
    expect(config.xmpp.secret.length).toBeGreaterThan(40);
    for (const name of ["restante.toml", "restante-prosody.cfg.lua", "restante-ejabberd.yml"]) {
      expect((await stat(at(name))).mode & 0o777).toBe(0o600);
      expect(await readFile(at(name), "utf8")).toContain(`"${config.xmpp.secret}"`);
    }
  });

  test("leaves what is there, unless told otherwise", async () => {
    const dir = join(folder.path, "twice");
    await ended(restante(["init", "--dir", dir]));
    const before = await readFile(join(dir, "restante.toml"), "utf8");
    const again = await ended(restante(["init", "--dir", dir]));
    expect([again.code, again.text]).toEqual([
      1,
      expect.stringMatching(/^restante: .*restante\.toml is there already.*--force/),
    ]);
    expect(await readFile(join(dir, "restante.toml"), "utf8")).toBe(before);
    expect((await ended(restante(["init", "--dir", dir, "--force"]))).code).toBe(0);
    expect(await readFile(join(dir, "restante.toml"), "utf8")).not.toBe(before);
  });

  test("what is replaced is for its owner's eyes only, whoever could read it before", async () => {
    const dir = join(folder.path, "open");
    await ended(restante(["init", "--dir", dir]));
    await chmod(join(dir, "restante.toml"), 0o644);
    expect((await ended(restante(["init", "--dir", dir, "--force"]))).code).toBe(0);
    expect((await stat(join(dir, "restante.toml"))).mode & 0o777).toBe(0o600);
  });

  test("a domain in capitals is the same domain", async () => {
    const dir = join(folder.path, "capitals");
    expect((await ended(restante(["init", "--dir", dir, "--domain", "Files.Example.NET"]))).code).toBe(0);
    expect(loadConfig(join(dir, "restante.toml"), {}).xmpp.domain).toBe("files.example.net");
    expect(await readFile(join(dir, "restante-prosody.cfg.lua"), "utf8")).toContain('Component "files.example.net"');
  });

  test("nobody has to hear it out", async () => {
    const script = 'exec 3>&1; { "$0" "$@"; echo "code $?" >&3; } 2>&3 | true';
    const doctor = [process.execPath, "--no-warnings", "--import", LOADER, CLI, "doctor", "--config", "none.toml"];
    expect(await exec("sh", ["-c", script, ...doctor])).toBe("code 1");
  });

  test.each(["example", "a b.example", "bot@files.example.net"])(
    "refuses %j as the component's domain",
    async (domain) => {
      expect((await ended(restante(["init", "--dir", "bad", "--domain", domain]))).code).toBe(1);
    },
  );

  test("every default that stands there as a comment is the default", async () => {
    const text = configuration({ domain: "files.example.net", secret: "s" });
    const [bare, full] = [join(folder.path, "bare.toml"), join(folder.path, "full.toml")];
    await writeFile(bare, text);
    await writeFile(full, text.replace(/^# (\w+ = )/gm, "$1"));
    expect(loadConfig(full, {})).toEqual(loadConfig(bare, {}));
  });
});

describe("serve", () => {
  test("takes what init wrote, says ready, answers, and ends in peace", async () => {
    const domain = `kept.${prosody.domain}`;
    await ended(restante(["init", "--dir", "served", "--domain", domain]));
    const snippet = await readFile(join(folder.path, "served/restante-prosody.cfg.lua"), "utf8");
    const other = await startProsody({ extra: snippet });
    try {
      const env = await settings("served");
      delete env["RESTANTE_XMPP_DOMAIN"];
      delete env["RESTANTE_XMPP_SECRET"];
      env["RESTANTE_XMPP_SERVER"] = `xmpp://127.0.0.1:${other.componentPort}`;
      const served = restante(["serve", "--config", "served/restante.toml"], env);
      await served.waitFor(/^ready$/);
      const health = (await (await fetch(`${env["RESTANTE_WEB_URL"]}/healthz`)).json()) as { ok: boolean };
      expect(health.ok).toBe(true);
      served.signal("SIGTERM");
      expect(await served.exit).toBe(0);
    } finally {
      await other.remove();
    }
  }, 60_000);

  test("ends in peace on Ctrl-C while it still waits for the server", async () => {
    const env = { ...(await settings("waiting")), RESTANTE_XMPP_SERVER: `xmpp://127.0.0.1:${(await freePorts(1))[0]}` };
    const waiting = restante(["serve"], env);
    await waiting.waitFor(/the index is open/);
    waiting.signal("SIGINT");
    const { code, text } = await ended(waiting);
    expect(code).toBe(0);
    expect(text).not.toMatch(/^ready$/m);
  });

  test("says in one line what is wrong with the configuration", async () => {
    await writeFile(
      join(folder.path, "wrong.toml"),
      '[xmpp]\ndomain = "files.example.net"\nsecret = "s"\n[limits]\nfile = "big"\n',
    );
    const { code, text } = await ended(restante(["serve", "--config", "wrong.toml"]));
    expect([code, text]).toEqual([1, 'restante: wrong.toml: [limits] file must be a size, like 2 GiB (it is "big")']);
  });

  test("does not start without its records, and says whose word it is", async () => {
    const [none] = await freePorts(1);
    const env = { RESTANTE_DATABASE_URL: `postgres://me:secret@127.0.0.1:${none}/r`, RESTANTE_LOG_LEVEL: "silent" };
    const { code, text } = await ended(restante(["serve"], { ...(await settings("away")), ...env }));
    expect([code, text]).toEqual([1, `restante: index-down: connect ECONNREFUSED 127.0.0.1:${none}`]);
  });

  test("does not start beside another one on the same SQLite file, or on a port that is taken", async () => {
    const env = await settings("one");
    const first = restante(["serve"], env);
    await first.waitFor(/^ready$/);
    const second = await ended(
      restante(["serve"], { ...env, RESTANTE_WEB_LISTEN: "127.0.0.1:0", RESTANTE_LOG_LEVEL: "silent" }),
    );
    expect([second.code, second.text.split("\n").length]).toEqual([1, 1]);
    const other = await settings("another");
    const third = await ended(
      restante(["serve"], { ...other, RESTANTE_WEB_LISTEN: env["RESTANTE_WEB_LISTEN"]!, RESTANTE_LOG_LEVEL: "silent" }),
    );
    expect([third.code, third.text]).toEqual([1, expect.stringMatching(/^restante: .*EADDRINUSE.*$/)]);
  }, 60_000);
});

describe("doctor", () => {
  async function report(env: Record<string, string>, args: readonly string[] = []): Promise<Ended> {
    return ended(restante(["doctor", ...args], env));
  }

  /** The one line with ✘, and what to do about it. */
  function wrong(text: string): [string, string] {
    const lines = text.split("\n");
    const at = lines.flatMap((line, i) => (line.startsWith("✘") ? [i] : []));
    expect(at.length).toBe(1);
    return [lines[at[0]!]!, lines[at[0]! + 1]!];
  }

  test("finds all well", async () => {
    const { code, text } = await report(await settings("well"));
    expect(text).not.toContain("✘");
    for (const part of [
      "configuration",
      "server",
      "secret",
      "routing",
      "members",
      "uploads",
      "clock",
      "database",
      "storage",
      "web",
      "streams",
    ])
      expect(text).toMatch(new RegExp(`^✔ ${part}:`, "m"));
    expect([code, text.split("\n").at(-1)]).toEqual([0, "All is well."]);
  });

  test("finds all well beside a running one, and does not disturb it", async () => {
    const env = await settings("beside");
    const served = restante(["serve"], env);
    await served.waitFor(/^ready$/);
    const { code, text } = await report(env);
    expect([code, text]).toEqual([0, expect.stringContaining("the running Restante is connected")]);
    expect(served.lines.join("\n")).not.toMatch(/conflict|connection (was )?lost|reconnect/i);
  }, 60_000);

  test("takes another process that is connected for proof of the secret", async () => {
    const served = restante(["serve"], await settings("elsewhere"));
    await served.waitFor(/^ready$/);
    const { code, text } = await report(await settings("here"));
    expect([code, text]).toEqual([0, expect.stringContaining(`another process is connected as ${prosody.component}`)]);
  }, 60_000);

  test("finds the virus check well, and one that takes less than it is to be given", async () => {
    const clamd = await startClamd({ streamMaxLength: 20_000_000 });
    try {
      const env = { ...(await settings("checked")), RESTANTE_CHECK_CLAMD: clamd.address };
      const low = await report(env);
      expect([low.code, ...wrong(low.text)]).toEqual([1, expect.stringMatching(/virus check: .*StreamMaxLength/), expect.stringContaining("[check] file")]); // prettier-ignore
      const well = await report({ ...env, RESTANTE_CHECK_FILE: "19 MiB" });
      expect([well.code, well.text]).toEqual([0, expect.stringMatching(/^✔ virus check: .* answers, ClamAV \d/m)]);
    } finally {
      await clamd.remove();
    }
  }, 60_000);

  test.each<[string, (env: Record<string, string>) => Promise<Record<string, string>>, RegExp, RegExp]>([
    [
      "a clamd that is not there",
      async () => ({ RESTANTE_CHECK_CLAMD: `tcp://127.0.0.1:${(await freePorts(1))[0]}` }),
      /virus check: .*ECONNREFUSED/,
      /See that clamd runs/,
    ],
    [
      "a wrong secret",
      async () => ({ RESTANTE_XMPP_SECRET: "wrong" }),
      /secret: the server does not accept it/,
      /component_secret/,
    ],
    [
      "a component that the server does not know",
      async () => ({ RESTANTE_XMPP_DOMAIN: `unknown.${prosody.domain}` }),
      /knows no component unknown\./,
      /restante init --domain unknown\./,
    ],
    [
      "no server",
      async () => ({ RESTANTE_XMPP_SERVER: `xmpp://127.0.0.1:${(await freePorts(1))[0]}` }),
      /server: nothing takes connections .*ECONNREFUSED/,
      /component_ports/,
    ],
    [
      "the port for clients",
      async () => ({ RESTANTE_XMPP_SERVER: `xmpp://127.0.0.1:${prosody.c2sPort}` }),
      /server/,
      /must be that for components/,
    ],
    [
      "members of a domain that is not there",
      async () => ({ RESTANTE_ACCESS_DOMAINS: `${prosody.domain} nowhere.invalid` }),
      /members: nowhere\.invalid does not answer/,
      /\[access\] domains/,
    ],
    [
      "members without an upload service",
      async () => ({ RESTANTE_ACCESS_DOMAINS: BARE }),
      /no upload service/,
      /mod_http_file_share/,
    ],
    [
      "a database that cannot be",
      async () => ({ RESTANTE_DATABASE_URL: "sqlite:./full.toml/restante.db" }),
      /database: /,
      /\[database\] url/,
    ],
    [
      "a PostgreSQL that is not there",
      async () => ({ RESTANTE_DATABASE_URL: `postgres://u:hidden@127.0.0.1:${(await freePorts(1))[0]}/d` }),
      /database: PostgreSQL: (?!.*hidden)/,
      /\[database\] url/,
    ],
    [
      "a storage that cannot be",
      async () => ({ RESTANTE_STORAGE_URL: "file:./full.toml/blobs" }),
      /storage: /,
      /\[storage\]/,
    ],
    [
      "a storage with a path in its bucket",
      async () => ({ RESTANTE_STORAGE_URL: "s3://bucket/path" }),
      /storage: .*has a path/,
      /\[storage\]/,
    ],
    [
      "a web address of somebody else",
      async () => ({ RESTANTE_WEB_URL: await stranger() }),
      /web: .*answered by somebody else/,
      /\[web\] url/,
    ],
    [
      "a web address that leads nowhere",
      async () => ({ RESTANTE_WEB_URL: `http://127.0.0.1:${(await freePorts(1))[0]}` }),
      /web: .*cannot be reached.*ECONNREFUSED/,
      /\[web\] url/,
    ],
    [
      "a web port that is taken",
      async () => ({ RESTANTE_WEB_LISTEN: new URL(await stranger()).host }),
      /web: cannot listen .*EADDRINUSE/,
      /\[web\] listen/,
    ],
  ])("says what to do about %s", async (_, broken, what, remedy) => {
    const env = await settings("broken");
    const { code, text } = await report({ ...env, ...(await broken(env)) });
    const [line, advice] = wrong(text);
    expect(line).toMatch(what);
    expect(advice).toMatch(remedy);
    expect(code).toBe(1);
  });

  test("says what is wrong with the configuration", async () => {
    const [line] = wrong((await report({}, ["--config", "nowhere.toml"])).text);
    expect(line).toMatch(/nowhere\.toml: cannot be read/);
  });
});

/** A web server that has nothing to do with us. */
async function stranger(): Promise<string> {
  const server = createServer((_request, response) => response.end("hello"));
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
