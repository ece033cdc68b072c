/** People are spoken to in their language: what is said to them stands in the catalogue, and becomes words at the edge, not before. */
import { expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { proseIn } from "../harness/prose.js";

const ROOT = fileURLToPath(new URL("../../component/", import.meta.url));

function sources(...blocks: string[]): Map<string, string> {
  const files = blocks.flatMap((block) =>
    readdirSync(ROOT + block, { recursive: true, encoding: "utf8" }).map((file) => `${block}/${file}`),
  );
  return new Map(
    files
      .filter((file) => file.endsWith(".ts") && file !== "web/pages/style.ts")
      .map((file) => [file, readFileSync(ROOT + file, "utf8")]),
  );
}

/** Words of protocols and of our own, and what operators are told at the start. */
const NOT_SAID = new Set([
  "if needed",
  "ephemeral {}",
  "group chat",
  "no message",
  "error without id",
  "OTR error",
  "nothing said",
  "encrypted file",
  "end to end",
  "the server closed the stream",
  "the secret is wrong: {} does not take it for {}",
  "{} knows no component {}",
  "{} is connected to {} already, from elsewhere",
  "nothing listens at {}",
  "the connection failed",
  "408 Request Timeout",
  "431 Request Header Fields Too Large",
  "400 Bad Request",
  "HTTP/1.1 {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
  "{} GMT",
  "bytes {}-{}/{}",
]);

test("no sentence for people stands in the code", () => {
  expect(proseIn(sources("control", "messenger", "web"), NOT_SAID)).toEqual([]);
});

test("nothing becomes words before the edge", () => {
  const early = [...sources("control", "transfer", "storage", "inspect")].filter(([, text]) =>
    /import[^;]*\brender\b[^;]*languages\/index/.test(text),
  );
  expect(early.map(([path]) => path)).toEqual([]);
});

test.each([
  'return { text: "Your groups:" };',
  "return { text: `You have ${n} groups.` };",
  "rows.push([`until ${day(at)}`]);",
  'throw new Refusal("bad-argument", { why: "To whom?" });',
  'throw new Refusal("wrong-state", { state: "given up" });',
  'throw new Refusal("disk-full", { name: "it" });',
  'speaker.say(to, "That is over.");',
  'say("kept", { until: "tomorrow" });',
  'const line = ok ? "It is here." : "It is gone now.";',
  "reply.send(html`<p>Choose a file</p>`);",
  'define({ summary: "Deletes" });',
])("it would be found: %s", (code) => expect(proseIn(new Map([["a.ts", code]]))).not.toEqual([]));

test.each([
  'log.warn({ err }, "a link could not be fetched");',
  'throw new TypeError("two handlers for one key");',
  'return { text: say("groups/list") };',
  'define({ summary: "command/send", params: { file: { type: "which", about: "about/file" } } });',
  'throw new Refusal("encrypted", { scheme: "OMEMO" });',
  'const words = [text, rows, after].join("\\n");',
  'html`<p class="note wide">${words}</p>`;',
  'import { say } from "./said and done.js";',
])("it would be let pass: %s", (code) => expect(proseIn(new Map([["a.ts", code]]))).toEqual([]));
