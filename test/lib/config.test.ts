/** Every key: what it takes, what it refuses and in which words; the file, the environment, and what follows from what. */
import { describe, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkConfig, ConfigError, KEYS, loadConfig, type Config } from "../../component/config.js";
import { tempFolder } from "../harness/tmp.js";

type Tree = Record<string, Record<string, unknown>>;
const LEAST: Tree = { xmpp: { domain: "files.example.org", secret: "s" } };

function withKey(section: string, name: string, value: unknown): Tree {
  return { ...LEAST, [section]: { ...LEAST[section], [name]: value } };
}

function complaint(what: () => unknown): string {
  try {
    what();
    return "";
  } catch (e) {
    if (!(e instanceof ConfigError)) throw e;
    return e.message;
  }
}

/** Section, key, good values with what becomes of them, bad values, and what is said of these. */
const TABLE: [string, string, [unknown, unknown][], unknown[], string][] = [
  [
    "xmpp",
    "domain",
    [
      ["Files.Example.ORG", "files.example.org"],
      ["localhost", "localhost"],
    ],
    ["", "a b", "a@b", "a/b", "a..b", 5],
    "domain|string",
  ],
  [
    "xmpp",
    "server",
    [["xmpp://127.0.0.1:5347", "xmpp://127.0.0.1:5347"]],
    ["127.0.0.1:5347", "http://x", "", "xmpp://a b"],
    "xmpp://|URL",
  ],
  ["xmpp", "secret", [["x", "x"]], ["", 5], "empty|string"],
  [
    "xmpp",
    "contact",
    [
      ["Bot", "bot"],
      ["b.o-t", "b.o-t"],
    ],
    ["", "a@b", "a b", "a/b"],
    "before an @",
  ],
  ["xmpp", "name", [["Poste Restante", "Poste Restante"]], ["", 5], "empty|string"],
  [
    "xmpp",
    "abuse",
    [
      ["", ""],
      ["mailto:abuse@example.org", "mailto:abuse@example.org"],
    ],
    [5],
    "string",
  ],
  [
    "database",
    "url",
    [
      ["sqlite:./x.db", "sqlite:./x.db"],
      ["postgres://u:p@h/d", "postgres://u:p@h/d"],
      ["postgresql://h/d", "postgresql://h/d"],
    ],
    ["mysql://h/d", "./x.db", ""],
    "must begin with sqlite: or postgres://",
  ],
  [
    "storage",
    "url",
    [
      ["file:./b", "file:./b"],
      ["s3://b?endpoint=http://h:1", "s3://b?endpoint=http://h:1"],
    ],
    ["./b", "gs://b", ""],
    "must begin with file: or s3://",
  ],
  ["storage", "access_key", [["k", "k"]], [5], "string"],
  ["storage", "secret_key", [["k", "k"]], [5], "string"],
  [
    "web",
    "listen",
    [
      ["127.0.0.1:8090", { host: "127.0.0.1", port: 8090 }],
      ["[::1]:80", { host: "::1", port: 80 }],
      ["0.0.0.0:0", { host: "0.0.0.0", port: 0 }],
    ],
    ["8090", "localhost", "h:99999", "::1:80", ""],
    "ADDRESS:PORT",
  ],
  [
    "web",
    "url",
    [
      ["https://f.example.org/", "https://f.example.org"],
      ["http://h:1/sub//", "http://h:1/sub"],
    ],
    ["f.example.org", "https://", "ftp://h", ""],
    "http://|URL",
  ],
  ["streams", "listen", [["0.0.0.0:7625", { host: "0.0.0.0", port: 7625 }]], ["7625"], "ADDRESS:PORT"],
  [
    "streams",
    "host",
    [
      ["h.example.org", "h.example.org"],
      ["", "files.example.org"],
    ],
    [5],
    "string",
  ],
  [
    "streams",
    "allow_private",
    [
      [true, true],
      ["true", true],
      ["false", false],
    ],
    ["yes", 1, ""],
    "must be true or false",
  ],
  [
    "streams",
    "ports",
    [
      [
        [80, 443],
        [80, 443],
      ],
      ["80, 443 8080", [80, 443, 8080]],
    ],
    [[0], [65536], [1.5], "http", ["x"], true],
    "port numbers|list",
  ],
  [
    "access",
    "domains",
    [
      [["Example.ORG"], ["example.org"]],
      ["a.org, b.org", ["a.org", "b.org"]],
      [[], ["example.org"]],
    ],
    [["a b"], [5.5, "a@b"], true],
    "domain|list",
  ],
  [
    "access",
    "recipients",
    [
      [["Else.Example"], ["else.example"]],
      ["a.org, b.org", ["a.org", "b.org"]],
      [[], []],
    ],
    [["a b"], [5.5, "a@b"], true],
    "domain|list",
  ],
  [
    "access",
    "refuse",
    [
      [["Else.Example"], ["else.example"]],
      ["a.org, b.org", ["a.org", "b.org"]],
      [[], []],
    ],
    [["a b"], [5.5, "a@b"], true],
    "domain|list",
  ],
  [
    "access",
    "admins",
    [
      ["Admin@Example.org, b@c", ["admin@example.org", "b@c"]],
      [[], []],
    ],
    [["a b"], true],
    "address|list",
  ],
  [
    "limits",
    "file",
    [
      ["1.5 MiB", 1.5 * 2 ** 20],
      ["10 kB", 10_000],
    ],
    ["much", "", "0", -1, "-1"],
    "size|string",
  ],
  ["limits", "quota", [["1 TiB", 2 ** 40]], ["1 XB"], "size"],
  ["limits", "keep", [["2 weeks", 2 * 7 * 864e5]], ["2 moons", "0 days", "30"], "time"],
  ["limits", "partial", [["3 hours", 3 * 36e5]], ["soon", "0 days", "30"], "time"],
  [
    "limits",
    "transfers",
    [
      [1, 1],
      ["8", 8],
    ],
    [0, -1, 1.5, "x", "", true, []],
    "must be a number, 1 or more",
  ],
  ["limits", "commands", [[10, 10]], [0, "many"], "must be a number, 1 or more"],
  ["limits", "invitations", [[5, 5]], [0, "many"], "must be a number, 1 or more"],
  ["limits", "invited", [[1, 1]], [0, "many"], "must be a number, 1 or more"],
  ["limits", "remind", [["2 days", 2 * 864e5]], ["soon", "0 days"], "time"],
  ["limits", "fetch_time", [["90 seconds", 90_000]], ["soon"], "time"],
  [
    "upload",
    "domain",
    [
      ["", ""],
      ["Upload.Example.ORG", "upload.example.org"],
    ],
    ["a b", "a@b"],
    "domain|Invalid",
  ],
  [
    "upload",
    "server",
    [
      ["", ""],
      ["xmpp://127.0.0.1:5348", "xmpp://127.0.0.1:5348"],
    ],
    ["127.0.0.1:5348"],
    "xmpp://|Invalid",
  ],
  [
    "upload",
    "secret",
    [
      ["", ""],
      ["x", "x"],
    ],
    [5],
    "string",
  ],
  ["upload", "file", [["5 GiB", 5 * 2 ** 30]], ["large", "0"], "size"],
  ["upload", "ephemeral", [["2 hours", 2 * 36e5]], ["soon", "0 days"], "time"],
  [
    "check",
    "clamd",
    [
      ["", ""],
      ["tcp://127.0.0.1:3310", "tcp://127.0.0.1:3310"],
      ["unix:/run/clamav/clamd.ctl", "unix:/run/clamav/clamd.ctl"],
    ],
    ["clamd", "tcp://127.0.0.1", "/run/clamd.ctl"],
    "tcp://HOST:PORT or unix:/PATH",
  ],
  [
    "check",
    "absent",
    [
      ["hold", "hold"],
      ["pass", "pass"],
    ],
    ["wait", ""],
    "hold",
  ],
  ["check", "file", [["25 MiB", 26_214_400]], ["large"], "size"],
  [
    "check",
    "sealed",
    [
      ["pass", "pass"],
      ["refuse", "refuse"],
    ],
    ["hold", ""],
    "refuse",
  ],
  ["mail", "smtp", [["", ""]], [5], "string"],
  ["mail", "from", [["", ""]], [5], "string"],
  ["mail", "listen", [["", ""]], [5], "string"],
  ["mail", "domain", [["", ""]], [5], "string"],
  [
    "log",
    "level",
    [
      ["debug", "debug"],
      ["silent", "silent"],
    ],
    ["loud", "", 3],
    "trace",
  ],
];

test("the table names every key there is", () => {
  const all = Object.entries(KEYS).flatMap(([section, keys]) => Object.keys(keys).map((name) => `${section}.${name}`));
  expect(TABLE.map(([section, name]) => `${section}.${name}`)).toEqual(all);
});

describe.each(TABLE)("[%s] %s", (section, name, good, bad, words) => {
  const read = (config: Config): unknown => (config as unknown as Tree)[section]![name];

  test.each(good)("takes %j", (value, becomes) => {
    expect(read(checkConfig(withKey(section, name, value), "x"))).toEqual(becomes);
  });

  test.each(bad.map((value) => [value]))("refuses %j in one line that says where and why", (value) => {
    const said = complaint(() => checkConfig(withKey(section, name, value), "my.toml"));
    expect(said).toMatch(new RegExp(`^my\\.toml: \\[${section}\\] ${name} .*(${words})[^\n]*$`));
  });

  test("can be set from the environment, which counts more than the file", () => {
    const [value, becomes] = good.find(([v]) => typeof v === "string") ?? [String(good[0]![0]), good[0]![1]];
    const variable = `RESTANTE_${section}_${name}`.toUpperCase();
    const tree = withKey(section, name, section === "limits" ? "nonsense" : 5.5);
    expect(read(checkConfig(tree, "x", { [variable]: value as string }))).toEqual(becomes);
    const wrong = bad.find((v) => typeof v === "string");
    if (wrong === undefined) return;
    expect(complaint(() => checkConfig(LEAST, "x", { [variable]: wrong }))).toMatch(new RegExp(`^${variable} `));
  });
});

describe("as a whole", () => {
  test("little needs to be said", () => {
    const config = checkConfig(LEAST, "x");
    expect(config.access.domains).toEqual(["example.org"]);
    expect(config.limits.file).toBe(2 ** 31);
    expect(config.streams.ports).toContain(443);
  });

  test("an intranet may use any port, unless ports are named", () => {
    const at = (streams: Record<string, unknown>): readonly number[] =>
      checkConfig({ ...LEAST, streams }, "x").streams.ports;
    expect(at({ allow_private: true })).toEqual([]);
    expect(at({ allow_private: true, ports: [80] })).toEqual([80]);
  });

  test.each([
    ["domain", { xmpp: { secret: "s" } }],
    ["secret", { xmpp: { domain: "files.example.org" } }],
  ])("%s must be there", (name, tree) => {
    expect(complaint(() => checkConfig(tree, "x"))).toBe(`x: [xmpp] ${name} is missing`);
  });

  test.each<[string, Tree]>([
    ["x: there is no section [xmp]", { ...LEAST, xmp: {} }],
    ["x: there is no section [constructor]", { ...LEAST, constructor: {} }],
    ["x: xmpp must be a section", { xmpp: 5 as never }],
    ["x: [xmpp] has no key “domian”", { xmpp: { domian: "x" } }],
    ["x: [web] has no key “toString”", { ...LEAST, web: { toString: "x" } }],
  ])("%s", (said, tree) => expect(complaint(() => checkConfig(tree, "x"))).toContain(said));

  test("a misspelt variable is told; those of others are theirs", () => {
    expect(complaint(() => checkConfig(LEAST, "x", { RESTANTE_XMPP_DOMIAN: "x" }))).toMatch(
      /^RESTANTE_XMPP_DOMIAN: .*domain/,
    );
    expect(
      complaint(() => checkConfig(LEAST, "x", { RESTANTE_HOME: "x", RESTANTE_OTHER_DOMAIN: "x", PATH: "x" })),
    ).toBe("");
  });

  test("no complaint shows a secret", () => {
    const said = [
      complaint(() => checkConfig(withKey("xmpp", "secret", 12345), "x")),
      complaint(() => checkConfig(withKey("storage", "secret_key", 12345), "x")),
      complaint(() => checkConfig(withKey("database", "url", "postgre://u:12345@h/d"), "x")),
    ];
    for (const line of said) expect([line !== "", line.includes("12345")]).toEqual([true, false]);
  });

  test("nothing in it can be changed", () => {
    const config = checkConfig(LEAST, "x") as unknown as Tree;
    for (const section of [config, ...Object.values(config)]) expect(Object.isFrozen(section)).toBe(true);
  });
});

describe("the file", () => {
  async function loading(text: string, env: NodeJS.ProcessEnv = {}): Promise<() => Config> {
    const folder = await tempFolder();
    const file = join(folder.path, "restante.toml");
    await writeFile(file, text);
    try {
      const config = loadConfig(file, env);
      return () => config;
    } catch (e) {
      return () => {
        throw e;
      };
    } finally {
      await folder.remove();
    }
  }

  test("is TOML", async () => {
    const config = (
      await loading('[xmpp]\ndomain = "files.example.org" # ours\nsecret = "s"\n[limits]\ntransfers = 2\n')
    )();
    expect([config.xmpp.domain, config.limits.transfers]).toEqual(["files.example.org", 2]);
  });

  test("a mistake in it is told with its line", async () => {
    const said = complaint(await loading('[xmpp]\ndomain = "files.example.org"\nsecret = oops\n'));
    expect(said).toMatch(/restante\.toml:3:\d+: [^\n]+$/);
  });

  test("that is not there is told with what to do", () => {
    expect(complaint(() => loadConfig("/nonexistent/restante.toml", {}))).toMatch(/ENOENT.*restante init/);
  });

  test("is not needed: the environment is enough", () => {
    const env = { RESTANTE_XMPP_DOMAIN: "files.example.org", RESTANTE_XMPP_SECRET: "s" };
    expect(loadConfig(undefined, env).xmpp.secret).toBe("s");
  });
});
