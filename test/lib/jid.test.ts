import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import * as jids from "../../component/lib/jid.js";

const { bare, bareOf, domainOf, escapeLocal, isFull, localOf, parseJid, toBare, toJid, unescapeLocal } = jids;

describe("addresses", () => {
  test.each([
    ["Romeo@Example.ORG", "romeo@example.org"],
    ["romeo@example.org/Balcony", "romeo@example.org/Balcony"],
    ["example.org", "example.org"],
    ["example.org.", "example.org"],
    ["a@example.org/b@c/d", "a@example.org/b@c/d"],
    ["JULIET\\40EXAMPLE.ORG@files.example.org", "juliet\\40example.org@files.example.org"],
    ["bücher@bücher.example", "bücher@bücher.example"],
    ["bu\u0308cher@x.example", "bücher@x.example"],
    ["ｊｕｌｉｅｔ@ｅxample．org", "juliet@example.org"],
    ["\u212aate@example.org", "kate@example.org"],
    ["İ\u0323@example.org", "\u1ecb\u0307@example.org"],
    ["rоmeo@example.org", "rоmeo@example.org"], // a Cyrillic о is another person
    ["straße@example.org", "straße@example.org"],
    ["user@[::1]", "user@[::1]"],
    ["romeo@example.org/(null)", "romeo@example.org/(null)"],
  ])("%s → %s", (text, jid) => expect(toJid(text)).toBe(jid));

  test.each([
    "",
    "@example.org",
    "romeo@",
    "romeo@/x",
    "romeo@example.org/",
    "a@b@c",
    "a b@example.org",
    "a<b@example.org",
    'a"b@example.org',
    "a'b@example.org",
    "a&b@example.org",
    "a:b@example.org",
    "a\u0000@example.org",
    "a\u200b@example.org",
    "a\u034f@example.org",
    "a\ufe0f@example.org",
    "a\u1806b@example.org",
    "a@exam\ufe0fple.org",
    "a＠b@example.org",
    "a\ud800@example.org",
    "a@exa mple.org",
    "a@example.org\n",
    "a@example.org/x\ny",
    "a@example.org/\ud800",
    "a@example..org",
    "a@.example.org",
    "a@example.org..",
    "a@.",
    `${"a".repeat(1024)}@example.org`,
    `a@${"a".repeat(1024)}`,
    `a@b/${"ä".repeat(512)}`,
  ])("%j is none", (text) => expect(toJid(text)).toBeUndefined());

  test("the parts", () => {
    const full = toJid("romeo@example.org/a/b")!;
    expect([localOf(full), domainOf(full), bareOf(full), isFull(full)]).toEqual([
      "romeo",
      "example.org",
      "romeo@example.org",
      true,
    ]);
    const domain = toJid("example.org/x@y")!;
    expect([localOf(domain), domainOf(domain)]).toEqual(["", "example.org"]);
    expect(toBare("Romeo@example.org/x")).toBe("romeo@example.org");
    expect(isFull(bare("romeo@example.org"))).toBe(false);
    expect(() => bare("a b")).toThrow(TypeError);
  });

  const near = fc.string({
    unit: fc.constantFrom("a", "Ä", "ß", "İ", "Σ", "K", "@", "/", ".", "\\", "4", "0", " ", "\u0308", "ﬁ"),
  });
  test("normalising twice is normalising once, and the parts make up the whole", () => {
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: "binary" })), (text) => {
        const jid = toJid(text);
        if (!jid) return;
        expect(toJid(jid)).toBe(jid);
        const p = parseJid(jid)!;
        expect([localOf(jid), domainOf(jid)]).toEqual([p.local, p.domain]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("escaping (XEP-0106)", () => {
  test.each([
    ["juliet@example.org", "juliet\\40example.org"],
    ["d'artagnan", "d\\27artagnan"],
    ["at&t guy", "at\\26t\\20guy"],
    ["c:\\net", "c\\3a\\net"],
    ["c:\\5commas", "c\\3a\\5c5commas"],
    ["\\3and\\2is\\5c@x", "\\5c3and\\2is\\5c5c\\40x"],
  ])("%s → %s", (text, local) => {
    expect(escapeLocal(text)).toBe(local);
    expect(unescapeLocal(local)).toBe(text);
  });

  test("every text survives, and is a localpart when it is an address", () => {
    const text = fc.string({ unit: fc.constantFrom("\\", "5", "c", "2", "0", "@", "/", "'", "a", "&", ":", "<", " ") });
    fc.assert(
      fc.property(text, (t) => expect(unescapeLocal(escapeLocal(t))).toBe(t)),
      { numRuns: 1000 },
    );
    expect(toJid(`${escapeLocal("o'hara@example.org/x")}@files.example.org`)).toBeDefined();
  });
});
