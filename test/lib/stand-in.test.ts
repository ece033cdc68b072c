import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { bare, escapeLocal, toJid, unescapeLocal, type Jid } from "../../component/lib/jid.js";
import { personBehind, standInFor } from "../../component/lib/stand-in.js";

const DOMAIN = "files.example.org";
const behind = (local: string): string | undefined => {
  const jid = toJid(`${local}@${DOMAIN}`);
  return jid && personBehind(jid, DOMAIN);
};

describe("XEP-0106, every example", () => {
  test.each([
    ["space cadet", "space\\20cadet"],
    ['call me "ishmael"', "call\\20me\\20\\22ishmael\\22"],
    ["at&t guy", "at\\26t\\20guy"],
    ["d'artagnan", "d\\27artagnan"],
    ["/.fanboy", "\\2f.fanboy"],
    ["::foo::", "\\3a\\3afoo\\3a\\3a"],
    ["<foo>", "\\3cfoo\\3e"],
    ["user@host", "user\\40host"],
    ["c:\\net", "c\\3a\\net"],
    ["c:\\\\net", "c\\3a\\\\net"],
    ["c:\\cool stuff", "c\\3a\\cool\\20stuff"],
    ["c:\\5commas", "c\\3a\\5c5commas"],
    ["here's_a_wild_&_/cr%zy/_address", "here\\27s_a_wild_\\26_\\2fcr%zy\\2f_address"],
    [
      'here\'s_a_wild_&_/cr%zy/_address_for:<wv>("IMPS")',
      "here\\27s_a_wild_\\26_\\2fcr%zy\\2f_address_for\\3a\\3cwv\\3e(\\22IMPS\\22)",
    ],
    ["\\3and\\2is\\5cool", "\\5c3and\\2is\\5c5cool"],
    [
      "CN=D'Artagnan Saint-Andr\\E9,O=Example & Company, Inc.,DC=example,DC=com",
      "CN=D\\27Artagnan\\20Saint-Andr\\E9,O=Example\\20\\26\\20Company,\\20Inc.,DC=example,DC=com",
    ],
    ["somenick!user\"&'/:<>\\3address", "somenick!user\\22\\26\\27\\2f\\3a\\3c\\3e\\5c3address"],
    ["\\2plus\\2is\\4", "\\2plus\\2is\\4"],
    ["foo\\bar", "foo\\bar"],
    ["foob\\41r", "foob\\41r"],
  ])("%s", (text, local) => {
    expect(escapeLocal(text)).toBe(local);
    expect(unescapeLocal(local)).toBe(text);
  });
});

describe("an address of ours for everybody", () => {
  test.each([
    ["juliet@example.org", "juliet\\40example.org"],
    ["Juliet@Example.ORG", "juliet\\40example.org"],
    ["tréville@musketeers.example", "tréville\\40musketeers.example"],
    // Whose own localpart is escaped: one level deeper, and back.
    ["d\\27artagnan@example.org", "d\\5c27artagnan\\40example.org"],
    ["c\\3a\\5c5commas@example.org", "c\\5c3a\\5c5c5commas\\40example.org"],
    ["foo\\bar@example.org", "foo\\bar\\40example.org"],
    ["juliet@[::1]", "juliet\\40[\\3a\\3a1]"],
  ])("%s", (person, local) => {
    expect(standInFor(bare(person), DOMAIN)).toBe(`${local}@${DOMAIN}`);
    expect(behind(local)).toBe(bare(person));
    expect(personBehind(toJid(`${local}@${DOMAIN}/restante`)!, DOMAIN)).toBe(bare(person));
  });

  test("there and back for every person who may have one", () => {
    const part = fc.string({ unit: fc.constantFrom("a", "B", "é", ".", "\\", "5", "c", "2", "0", "4", "f", "-", "%") });
    fc.assert(
      fc.property(part, part, (local, domain) => {
        const person = toJid(`${local}@${domain}`);
        const standIn = person && standInFor(person, DOMAIN);
        if (standIn) expect(personBehind(standIn, DOMAIN)).toBe(person);
      }),
      { numRuns: 2000 },
    );
  });

  test("nobody has two: what stands for somebody is how his address is written here", () => {
    const local = fc.string({ unit: fc.constantFrom("a", "\\40", "\\5c", "\\2f", "\\20", ".", "40", "\\") });
    fc.assert(
      fc.property(local, (text) => {
        const address = toJid(`${text}@${DOMAIN}`);
        const person = address && personBehind(address, DOMAIN);
        if (person) expect(standInFor(person, DOMAIN)).toBe(address);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("no such address", () => {
  test.each([
    ["the contact", "bot"],
    ["a plain name", "juliet"],
    ["somebody of our own", "bot\\40files.example.org"],
    ["somebody's address with us, once more", "romeo\\5c40example.org\\40files.example.org"],
    ["somebody's address at another of our kind", "romeo\\5c40example.org\\40files.example.net"],
    ["two of them", "romeo\\40a.example\\40b.example"],
    ["with a resource", "juliet\\40example.org\\2fbalcony"],
    ["nobody of a domain", "\\40example.org"],
    ["somebody of nothing", "juliet\\40"],
    ["a domain alone", "example.org"],
    ["a name with a space", "juliet\\20capulet\\40example.org"],
    ["quotes", "\\22juliet\\22\\40example.org"],
    ["spelt in capitals once more", "juliet\\5c40Example.org"],
    ["an escape of an escape that was none", "juliet\\5c\\40example.org"],
    ["a URI", "xmpp\\3ajuliet\\40example.org"],
    ["a mailbox", "mailto\\3ajuliet\\40example.org"],
  ])("%s", (_, local) => expect(behind(local)).toBeUndefined());

  test("what is too long", () => {
    expect(behind(`${"a".repeat(1000)}\\40example.org`)).toBe(`${"a".repeat(1000)}@example.org`);
    expect(standInFor(bare(`${"a".repeat(1010)}@example.org`), DOMAIN)).toBeUndefined();
    expect(behind(`${"a".repeat(1020)}\\40b`)).toBeUndefined();
  });

  test("at another domain, or in full", () => {
    expect(personBehind("juliet\\40example.org@upload.example.org" as Jid, DOMAIN)).toBeUndefined();
    expect(standInFor(toJid("juliet@example.org/balcony")!, DOMAIN)).toBeUndefined();
    expect(standInFor(bare("example.org"), DOMAIN)).toBeUndefined();
    expect(standInFor(bare("bot@files.example.org"), DOMAIN)).toBeUndefined();
  });
});
