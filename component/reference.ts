/** The pages of docs/ that are made from tables in the code: `npm run docs` writes them, `npm run docs:check` fails when one is stale. */
import { isSecret, KEYS } from "./config.js";
import { usage, type Command } from "./control/commands/define.js";
import { COMMANDS } from "./control/commands/index.js";
import { ERRORS, type ErrorCode } from "./lib/errors.js";
import { LANGUAGES, render } from "./lib/languages/index.js";
import type { Text } from "./lib/languages/text.js";
import { say, type Said, type Word } from "./lib/said.js";

const NOTE = "<!-- Made from the code by `npm run docs`. Change it there. -->";

/** File name below docs/ → its text. */
export function reference(): Readonly<Record<string, string>> {
  return {
    "configuration.md": configuration(),
    "errors.md": errors(),
    "commands.md": commands(COMMANDS),
  };
}

function configuration(): string {
  const lines = [
    "# Configuration",
    NOTE,
    "One TOML file, named by `restante serve --config FILE`; `restante init` writes one with every key in it. Each key can also be set from the environment: `RESTANTE_<SECTION>_<KEY>`, which counts more than the file. Without a file the environment alone is enough. Lists are written there with spaces or commas between their words.",
    "Sizes are written like `2 GiB` or `500 MB`, times like `30 days` or `90 seconds`. A key or a value that is wrong stops the start with one line that says which.",
  ];
  for (const [section, keys] of Object.entries(KEYS)) {
    lines.push(`## [${section}]`);
    const rows = Object.entries(keys).map(
      ([name, { fallback, about }]: [string, { fallback: unknown; about: string }]) => [
        `\`${name}\``,
        fallback === undefined ? "must be set" : code(JSON.stringify(fallback).replaceAll(",", ", ")),
        about + (isSecret(section, name) ? " Never logged." : ""),
        code(`RESTANTE_${section}_${name}`.toUpperCase()),
      ],
    );
    lines.push(table(["key", "default", "what it is", "in the environment"], rows));
  }
  return page(lines);
}

function errors(): string {
  const rows = Object.entries(ERRORS).map(([name, { condition, type, http }]) => [
    code(name),
    `${condition} (${type})`,
    String(http),
    withGaps(`error/${name as ErrorCode}`),
  ]);
  return page([
    "# Errors",
    NOTE,
    "Every way in which Restante says no: to a program as a stanza error (RFC 6120 §8.3) or an HTTP status, to a person in a sentence. Words in braces are filled in. What is not in this table is a bug or somebody else's error: it goes to the log, and people are told `internal`.",
    table(["code", "stanza error", "HTTP", "sentence"], rows),
  ]);
}

/** The words of the chat, from the declarations that chat itself goes by. */
function commands(all: readonly Command[]): string {
  const lines = [
    "# Commands",
    NOTE,
    "What you can say to the bot. Capitals and small letters are the same; what stands in brackets may be left out; names with spaces may stand in quotes. Files and parcels go by number or by name.",
    "Some words are for members only: people of the domains that the operator serves (`[access] domains`). The others work for everybody who was sent something.",
  ];
  for (const command of all) {
    lines.push(
      `## ${command.word}`,
      code(english(usage(command))),
      english(say(command.summary)) + (command.members ? " For members." : ""),
    );
    const rows = Object.entries(command.params).map(([name, p]) => [
      code(p.keyword ?? name),
      english(say(p.about)) + (p.optional ? " May be left out." : ""),
    ]);
    if (rows.length > 0) lines.push(table(["argument", "what it is"], rows));
  }
  return page(lines);
}

const english = (said: Said): string => render(said, "en");

/** An entry as it stands in the catalogue; of several forms, that for many. */
function withGaps(word: Word): string {
  const text: Text = LANGUAGES.en.texts[word];
  return typeof text === "string" ? text : text.other;
}

const code = (text: string): string => `\`${text}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((c) => c.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function page(parts: readonly string[]): string {
  return `${parts.join("\n\n")}\n`;
}
