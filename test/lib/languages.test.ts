/** The catalogue: every entry in every language, every gap in each; and how a sentence becomes words. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { COMMANDS } from "../../component/control/commands/index.js";
import { ERRORS } from "../../component/lib/errors.js";
import {
  chooseLanguage,
  type Language,
  languageNamed,
  LANGUAGES,
  render,
} from "../../component/lib/languages/index.js";
import { day, duration, list, minute, percent, row, say, type Said, size } from "../../component/lib/said.js";
import type { Text } from "../../component/lib/languages/text.js";

const TAGS = Object.keys(LANGUAGES) as Language[];
const english: Readonly<Record<string, Text>> = LANGUAGES.en.texts;
const formsOf = (text: Text): string[] => (typeof text === "string" ? [text] : Object.values(text));
const gapsIn = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!);
const gapsOf = (text: Text): string[] => [...new Set(formsOf(text).flatMap(gapsIn))].sort();

describe.each(TAGS)("%s", (tag) => {
  const texts: Readonly<Record<string, Text>> = LANGUAGES[tag].texts;

  test("has every entry, and none of its own", () => {
    expect(Object.keys(texts).sort()).toEqual(Object.keys(english).sort());
  });

  test("has every gap of each entry, and nothing else in braces", () => {
    const different = Object.keys(english).filter(
      (key) => String(gapsOf(texts[key]!)) !== String(gapsOf(english[key]!)),
    );
    expect(different).toEqual([]);
    for (const text of Object.values(texts).flatMap(formsOf)) expect(text.replace(/\{\w+\}/g, "")).not.toMatch(/[{}]/);
  });

  test("says nothing with nothing, and leaves no space at its ends that English has not", () => {
    const ends = (text: string): boolean[] => [text === "", /^\s/.test(text), /\s$/.test(text), /\s\s/.test(text)];
    const wrong = Object.keys(english).filter(
      (key) => String(ends(formsOf(texts[key]!)[0]!)) !== String(ends(formsOf(english[key]!)[0]!)),
    );
    expect(wrong).toEqual([]);
  });

  test("has the plural forms that its numbers have", () => {
    const categories = new Intl.PluralRules(tag).resolvedOptions().pluralCategories.sort();
    for (const [key, text] of Object.entries(texts)) {
      if (typeof text === "string") continue;
      expect([key, Object.keys(text).sort()]).toEqual([key, categories]);
    }
  });

  test("has its own quotation marks, and no straight ones", () => {
    for (const [key, text] of Object.entries(texts))
      for (const form of formsOf(text)) {
        expect([key, form]).toEqual([key, expect.not.stringMatching(/["']/)]);
        const marks = form.replace(/[^“”„]/g, "");
        expect([key, marks]).toEqual([key, expect.stringMatching(tag === "de" ? /^(„“)*$/ : /^(“”)*$/)]);
      }
  });

  test("repeats English nowhere but where there are no words", () => {
    if (tag === "en") return;
    const same = Object.keys(english).filter(
      (key) => String(formsOf(texts[key]!)) === String(formsOf(english[key]!)) && /\p{L}{2}/u.test(formsOf(texts[key]!)[0]!.replace(/\{\w+\}/g, "")), // prettier-ignore
    );
    expect(same.filter((key) => !SAME.has(key))).toEqual([]);
  });
});

/** Words that are the same in several languages. */
const SAME = new Set(["language/row", "noun/text"]);

test("German says Sie", () => {
  for (const [key, text] of Object.entries(LANGUAGES.de.texts as Record<string, Text>))
    for (const form of formsOf(text)) expect([key, form]).toEqual([key, expect.not.stringMatching(/\b(du|dir|dich|deine?[mnrs]?|euch)\b/i)]); // prettier-ignore
});

test("Korean puts no particle behind a gap that depends on how it ends", () => {
  for (const [key, text] of Object.entries(LANGUAGES.ko.texts as Record<string, Text>))
    for (const form of formsOf(text))
      expect([key, form]).toEqual([key, expect.not.stringMatching(/\{(?!count|number|most|times|until|time|size|got|limit|used|quota|wait)\w+\}”?(은|는|이|가|을|를|과|와|으로|로)(?=[\s,.])/)]); // prettier-ignore
});

test("every refusal has its sentence, and every sentence of one its refusal", () => {
  const said = Object.keys(english).filter((key) => key.startsWith("error/"));
  expect(said.sort()).toEqual(Object.keys(ERRORS).map((code) => `error/${code}`).sort()); // prettier-ignore
  for (const key of said) expect(formsOf(english[key]!)[0]).toMatch(/^[A-Z{“].*[.}]$/s);
});

test("every command is explained, and so is everything that it asks for", () => {
  for (const { word, summary, params } of COMMANDS) {
    expect([word, summary in english]).toEqual([word, true]);
    for (const [name, { about }] of Object.entries(params)) expect([word, name, about in english]).toEqual([word, name, true]); // prettier-ignore
  }
});

describe("rendering", () => {
  const inAll = (said: Said): string[] => TAGS.map((tag) => render(said, tag));

  test("numbers decide between singular and plural, where there is one", () => {
    const files = (count: number): string[] => inAll(say("list/keeps", { count, size: "s", quota: "q" }));
    expect(files(1)).toEqual([
      "You keep 1 file: s of q.",
      "Sie haben hier 1 Datei: s von q.",
      "보관 중인 파일은 1개입니다: q 중 s.",
    ]);
    expect(files(0)[0]).toBe("You keep 0 files: s of q.");
    expect(files(2)[1]).toBe("Sie haben hier 2 Dateien: s von q.");
  });

  test("sizes, times, days and parts of a hundred are written as each language writes them", () => {
    expect(inAll(size(1))).toEqual(["1 byte", "1 Byte", "1바이트"]);
    expect(inAll(size(1000))).toEqual(["1000 bytes", "1000 Byte", "1000바이트"]);
    expect(inAll(size(12_582_912))).toEqual(["12.0 MiB", "12,0 MiB", "12.0 MiB"]);
    expect(inAll(size(1_048_530))).toEqual(["1.0 MiB", "1,0 MiB", "1.0 MiB"]);
    expect(inAll(duration(864e5))).toEqual(["1 day", "1 Tag", "1일"]);
    expect(inAll(duration(90_000))).toEqual(["2 minutes", "2 Minuten", "2분"]);
    const at = Date.UTC(2026, 2, 1, 9, 5);
    expect(inAll(day(at))).toEqual(["2026-03-01", "1. März 2026", "2026년 3월 1일"]);
    expect(inAll(minute(at))).toEqual(["2026-03-01 09:05 UTC", "1. März 2026 09:05 UTC", "2026년 3월 1일 09:05 UTC"]);
    expect(inAll(percent(99.9))).toEqual(["99 %", "99 %", "99%"]);
  });

  test("what is inside a sentence is said in its language too, however deep", () => {
    const why = say("error/too-large", { name: "a.iso", size: size(2048), limit: say("more-than", { size: size(1024) }) }); // prettier-ignore
    expect(inAll(say("not-kept", { name: "a.iso", why }))).toEqual([
      "a.iso was not kept. a.iso is too large: 2.0 KiB, and I take files of up to more than 1.0 KiB.",
      "a.iso wurde nicht aufbewahrt. a.iso ist zu groß: 2,0 KiB, und ich nehme Dateien bis mehr als 1,0 KiB.",
      "a.iso 파일을 보관하지 못했습니다. a.iso 파일이 너무 큽니다. 크기가 2.0 KiB인데, 저는 1.0 KiB 이상까지만 받습니다.",
    ]);
  });

  test("an array is lines, without the empty ones; a row has no empty cells; a list has commas", () => {
    expect(render(["a", "", [say("list/nothing"), ""], 3], "en")).toBe("a\nNothing waits for you.\n3");
    expect(render(row(["1", "", size(5)]), "de")).toBe("1 · 5 Byte");
    expect(render(list(["a", say("more")]), "de")).toBe("a, mehr");
    expect(render([], "en")).toBe("");
  });

  test("gaps are filled with text as it is, once; one without a value becomes nothing", () => {
    expect(render(say("send/not", { who: "{why}", why: "$&" }), "en")).toBe("{why}: $&");
    expect(render(say("send/not"), "en")).toBe(": ");
    for (const word of ["toString", "constructor", "__proto__"]) expect(render({ word, details: {} }, "de")).toBe(word);
  });

  test("it is the same after it has lain in the records, and an entry of a newer version is said by its name", () => {
    const said = say("not-kept", {
      name: "a",
      why: say("error/wrong-state", { which: "a", state: say("state/moving") }),
    });
    for (const tag of TAGS) expect(render(JSON.parse(JSON.stringify(said)) as Said, tag)).toBe(render(said, tag));
    expect(render({ word: "from the future", details: { who: "me" } }, "ko")).toBe("from the future");
  });
});

describe("the choice", () => {
  test.each<[string | undefined, Language | undefined]>([
    ["de", "de"],
    ["de-AT", "de"],
    ["DE_ch", "de"],
    ["ko-KR", "ko"],
    ["en-US,en;q=0.5", "en"],
    ["fr, de;q=0.7, en;q=0.3", "de"],
    ["en;q=0.3, ko;q=0.9, de;q=0.5", "ko"],
    ["de;q=0, en", "en"],
    ["de;q=0", undefined],
    ["de;q=2", undefined],
    ["fr", undefined],
    ["*", undefined],
    ["den", undefined],
    ["", undefined],
    [undefined, undefined],
    ["constructor", undefined],
  ])("%p wants %p", (wanted, language) => expect(chooseLanguage(wanted)).toBe(language));

  test("nothing that can be sent breaks it, or takes long", () => {
    fc.assert(fc.property(fc.string({ maxLength: 1000 }), (s) => [...TAGS, undefined].includes(chooseLanguage(s))));
    expect(chooseLanguage(`${"x,".repeat(1e6)}de`)).toBeUndefined();
  });

  test.each<[string, Language | undefined]>([
    ["de", "de"],
    ["Deutsch", "de"],
    ["german", "de"],
    ["독일어", "de"],
    ["한국어", "ko"],
    ["KOREAN", "ko"],
    ["en-GB", "en"],
    ["English", "en"],
    ["klingon", undefined],
    ["", undefined],
    ["de,ko", undefined],
  ])("%p is called %p", (word, language) => expect(languageNamed(word)).toBe(language));
});
