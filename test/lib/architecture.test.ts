import { describe, expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { violations, type Sources } from "../harness/architecture.js";

const COMPONENT = fileURLToPath(new URL("../../component/", import.meta.url));

function component(): Sources {
  const paths = readdirSync(COMPONENT, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return new Map(paths.map((path) => [path, readFileSync(join(COMPONENT, path), "utf8")]));
}

test("the component keeps its architecture", () => {
  const sources = component();
  expect(sources.size).toBeGreaterThan(20);
  expect(violations(sources)).toEqual([]);
});

describe("a planted violation is found", () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      "lib imports control",
      { "lib/a.ts": `import { b } from "../control/b.js";`, "control/b.ts": "" },
      /lib\/a.ts must not import control\/b.ts/,
    ],
    [
      "control imports a unit",
      { "control/a.ts": `export * from "../web/b.js";`, "web/b.ts": "" },
      /control\/a.ts must not import web\/b.ts/,
    ],
    [
      "siblings, for a type",
      { "web/a.ts": `import type { B } from "../storage/b.js";`, "storage/b.ts": "" },
      /web\/a.ts must not import storage\/b.ts/,
    ],
    [
      "siblings, dynamically",
      { "web/a.ts": `const b = await import("../storage/b.js");`, "storage/b.ts": "" },
      /web\/a.ts must not import storage\/b.ts/,
    ],
    ["a unit imports main", { "web/a.ts": `import "../main.js";`, "main.ts": "" }, /web\/a.ts must not import main.ts/],
    [
      "control imports the configuration",
      { "control/a.ts": `import "../config.js";`, "config.ts": "" },
      /control\/a.ts must not import config.ts/,
    ],
    [
      "wire imports negotiate",
      { "messenger/wire/a.ts": `import "../negotiate/b.js";`, "messenger/negotiate/b.ts": "" },
      /must not import messenger\/negotiate/,
    ],
    [
      "negotiate imports a surface",
      { "messenger/negotiate/a.ts": `import "../chat.js";`, "messenger/chat.ts": "" },
      /must not import messenger\/chat.ts/,
    ],
    [
      "methods import a surface",
      { "messenger/methods/a.ts": `import "../chat.js";`, "messenger/chat.ts": "" },
      /must not import messenger\/chat.ts/,
    ],
    [
      "stanza imports wire",
      { "messenger/stanza.ts": `import "./wire/a.js";`, "messenger/wire/a.ts": "" },
      /must not import messenger\/wire/,
    ],
    ["SQL outside the index", { "storage/blob/a.ts": `import { sql } from "kysely";` }, /must not import kysely/],
    ["XML outside the messenger", { "web/a.ts": `import { Element } from "ltx";` }, /must not import ltx/],
    ["sockets in control", { "control/a.ts": `import { connect } from "node:net";` }, /knows no sockets/],
    [
      "a circle",
      { "lib/a.ts": `import "./b.js";`, "lib/b.ts": `import "./c.js";`, "lib/c.ts": `import "./a.js";` },
      /lib\/a.ts → lib\/b.ts → lib\/c.ts → lib\/a.ts/,
    ],
    ["a long file", { "lib/a.ts": "//\n".repeat(501) }, /lib\/a.ts has 501 lines/],
    ["a path that leads nowhere", { "lib/a.ts": `import "./b.js";` }, /is not there/],
  ])("%s", (_name, files, complaint) => {
    const found = violations(new Map(Object.entries(files)));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(complaint);
  });

  test("and what is allowed is not", () => {
    const files = {
      "lib/a.ts": "",
      "config.ts": `import "./lib/a.js";`,
      "control/ports.ts": `import "../lib/a.js";`,
      "storage/index/b.ts": `import { sql } from "kysely"; import type { P } from "../../control/ports.js"; import type { Config } from "../../config.js";`,
      "messenger/stanza.ts": `import { Element } from "ltx";`,
      "messenger/wire/a.ts": `import "../stanza.js";`,
      "messenger/methods/a.ts": `import "../wire/a.js"; import "../../control/ports.js";`,
      "messenger/chat.ts": `import "./methods/a.js";`,
      "main.ts": `import "./messenger/chat.js"; import "./storage/index/b.js";`,
    };
    expect(violations(new Map(Object.entries(files)))).toEqual([]);
  });
});
