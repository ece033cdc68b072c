import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { COMMANDS, runLine } from "../../component/control/commands/index.js";
import { lines, usage, type Caller, type Reply } from "../../component/control/commands/define.js";
import { parseArgs, tokens } from "../../component/control/commands/arguments.js";
import type { Services } from "../../component/control/services.js";
import { Refusal } from "../../component/lib/errors.js";
import { render } from "../../component/lib/languages/index.js";
import { say } from "../../component/lib/said.js";
import { bare } from "../../component/lib/jid.js";

const command = (word: string) => COMMANDS.find((c) => c.word === word)!;
const parse = (line: string) => {
  const [first, ...rest] = tokens(line);
  return parseArgs(command(first!.text.toLowerCase()), rest);
};
const inEnglish = (reply: Reply) => render(lines(reply), "en");
const people = (addresses: readonly string[], groups: readonly string[] = []) => ({ addresses, groups });
const romeo: Caller = { owner: bare("romeo@example.test"), member: true };
const none = { domain: "files.example.org" } as Services; // what is tested here never gets as far as the services
const refusal = async (line: string, caller = romeo) => {
  const e: unknown = await runLine(none, caller, line).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(e).toBeInstanceOf(Refusal);
  return e as Refusal;
};

describe("a line of chat", () => {
  test.each<[string, Record<string, unknown>]>([
    ["send 12 to juliet@example.org", { file: 12, to: people(["juliet@example.org"]) }],
    ["SEND #12 TO Juliet@Example.ORG", { file: 12, to: people(["juliet@example.org"]) }],
    ["send 12 juliet@example.org", { file: 12, to: people(["juliet@example.org"]) }],
    ["send 12 to a@x.org, b@x.org c@x.org and a@x.org", { file: 12, to: people(["a@x.org", "b@x.org", "c@x.org"]) }],
    ["send 12 to xmpp:juliet@example.org", { file: 12, to: people(["juliet@example.org"]) }],
    ['send "road to rome.pdf" to juliet@example.org', { file: "road to rome.pdf", to: people(["juliet@example.org"]) }],
    ["send road to rome.pdf to juliet@example.org", { file: "road to rome.pdf", to: people(["juliet@example.org"]) }],
    ["send “4” to juliet@example.org", { file: "4", to: people(["juliet@example.org"]) }],
    ["send 12 to Book Club", { file: 12, to: people([], ["Book Club"]) }],
    ["send 12 to book club, a@x.org and family", { file: 12, to: people(["a@x.org"], ["book club", "family"]) }],
    ["send 12 family a@x.org b@x.org", { file: 12, to: people(["a@x.org", "b@x.org"], ["family"]) }],
    ['send 12 to "to and fro", "you, me"', { file: 12, to: people([], ["to and fro", "you, me"]) }],
    ["send 12 to example.org", { file: 12, to: people([], ["example.org"]) }],
    ["grouplist", {}],
    ["grouplist book club", { group: "book club" }],
    ["groupadd family a@x.org", { group: "family", addresses: ["a@x.org"] }],
    ["groupadd Book Club: a@x.org, b@x.org and A@x.org", { group: "Book Club", addresses: ["a@x.org", "b@x.org"] }],
    ["groupadd “Book Club” a@x.org b@x.org", { group: "Book Club", addresses: ["a@x.org", "b@x.org"] }],
    ["groupdel book club", { group: "book club" }],
    ["groupdel book club a@x.org", { group: "book club", addresses: ["a@x.org"] }],
    ["get my holiday photo.jpg", { file: "my holiday photo.jpg" }],
    ["get Smith, John.pdf", { file: "Smith, John.pdf" }],
    ["send a,b.txt to juliet@example.org", { file: "a,b.txt", to: people(["juliet@example.org"]) }],
    ["get the “good” one.txt", { file: "the “good” one.txt" }],
    ['del "Smith, John.pdf"', { file: "Smith, John.pdf" }],
    ["report a@x.org spam, and “more” of it", { address: "a@x.org", why: "spam, and “more” of it" }],
    ["\u200fget\u200b \u20687\u2069", { file: 7 }],
    ["get 7", { file: 7 }],
    ["keep", {}],
    ["once 7", { file: 7 }],
    ["once 7 off", { file: 7, off: true }],
    ["once my holiday photo.jpg off", { file: "my holiday photo.jpg", off: true }],
    ['once "switched off"', { file: "switched off" }],
    ["once switched on", { file: "switched on" }],
    ["list", {}],
    ["list before 20", { before: 20 }],
    ["list 20", { before: 20 }],
    ["status", {}],
    ["status 3", { file: 3 }],
    ["resend 3", { file: 3 }],
    ["resend 3 to juliet@example.org", { file: 3, to: people(["juliet@example.org"]) }],
    ["block example.org", { address: "example.org" }],
    ["help send", { command: "send" }],
  ])("%s", (line, args) => {
    expect(parse(line)).toEqual(args);
  });

  test.each([
    ["send", "bad-argument"],
    ["send 12", "bad-argument"],
    ["send 12 to", "bad-argument"],
    ["send 12 to mailto:bob@example.com", "bad-address"],
    ["send 12 to a@b@c", "bad-address"],
    ["send 12 to ,", "bad-argument"],
    ["send 12 to xmpp:example.org", "bad-address"],
    ["groupadd", "bad-argument"],
    ["groupadd family", "bad-argument"],
    ["groupadd a@x.org", "bad-argument"],
    ["groupadd family a@x.org example.org", "bad-address"],
    ["groupadd : a@x.org", "bad-argument"],
    [`groupadd ${"x".repeat(61)} a@x.org`, "bad-argument"],
    ["groupdel", "bad-argument"],
    ["list before yesterday", "bad-argument"],
    ["unblock", "bad-argument"],
    ["block a@x.org b@x.org", "bad-argument"],
  ])("%s is refused with %s", async (line, code) => {
    expect((await refusal(line)).code).toBe(code);
  });

  test.each([
    ["sned 1 to juliet@example.org", "send"],
    ["lsit", "list"],
    ["Decine 4", "decline"],
    ["hlep", "help"],
  ])("%s is answered with the nearest word, %s", async (line, word) => {
    const e = await refusal(line);
    expect(e.code).toBe("unknown-command");
    expect(e.message).toContain(`“${word}”`);
  });

  test("people who are named beside the words (XEP-0033) are recipients as those in them, and nothing else's", () => {
    const also = ["juliet@example.org", "a@x.org"];
    const args = (line: string): unknown => {
      const [first, ...rest] = tokens(line);
      return parseArgs(command(first!.text), rest, also);
    };
    expect(args("send 4")).toEqual({ file: 4, to: people(also) });
    expect(args("send 4 to a@x.org, family")).toEqual({ file: 4, to: people(["a@x.org", also[0]!], ["family"]) });
    expect(args("get 4")).toEqual({ file: 4 });
    expect(() => parseArgs(command("send"), tokens("4"), ["mailto:bob@example.com"])).toThrow(/bob@example\.com/);
  });

  test("what is quoted is no command, and what is said to it is one", async () => {
    const line = "> I keep plan.pdf as number 1, until 2026-12-22.\n>> second thoughts\n\nhelp send";
    expect(inEnglish(await runLine(none, romeo, line))).toBe(inEnglish(await runLine(none, romeo, "help send")));
    expect((await refusal("> help")).code).toBe("unknown-command");
  });

  test("a link among words is no command; how it is sent is said", async () => {
    expect((await refusal("Look: https://example.org/a.pdf")).message).toMatch(/“Look:”\. I fetch a link when it is/);
  });

  test("a greeting is no command, and nothing is guessed from it", async () => {
    expect((await refusal("good morning")).message).not.toContain("mean");
  });

  test("what only members may do is refused to others, who are not shown it either", async () => {
    const guest = { ...romeo, member: false };
    expect((await refusal("send 1 to juliet@example.org", guest)).code).toBe("not-allowed");
    const help = inEnglish(await runLine(none, guest, "help"));
    expect(help).toContain("accept FILE");
    expect(help).not.toContain("send FILE");
  });

  test("help names every command with its usage, and explains each", async () => {
    const all = inEnglish(await runLine(none, romeo, "help"));
    for (const c of COMMANDS) {
      expect(all).toContain(render(usage(c), "en"));
      expect(inEnglish(await runLine(none, romeo, `help ${c.word}`))).toContain(render(say(c.summary), "en"));
    }
    expect(render(usage(command("send")), "en")).toBe("send FILE to ADDRESS[, ADDRESS…]");
  });

  test("whatever is said, the answer is a refusal or arguments, never a crash", () => {
    fc.assert(
      fc.property(fc.constantFrom(...COMMANDS), fc.string({ unit: "grapheme" }), (c, rest) => {
        try {
          parseArgs(c, tokens(rest));
        } catch (e) {
          expect(e).toBeInstanceOf(Refusal);
        }
      }),
    );
  });
});
