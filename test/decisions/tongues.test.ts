import { describe, expect, test } from "@jest/globals";
import { Tongues } from "../../component/control/people/tongues.js";
import type { Contact } from "../../component/control/ports.js";
import { Refusal } from "../../component/lib/errors.js";
import { bare, type BareJid, toJid } from "../../component/lib/jid.js";

const ROMEO = bare("romeo@example.org");
const HOME = toJid("romeo@example.org/home")!;
const PHONE = toJid("romeo@example.org/phone")!;
const nth = (n: number): BareJid => bare(`user${n}@example.org`);

/** Records in which everybody has chosen that. */
function records(language: string | Error | undefined) {
  const asked: string[] = [];
  return {
    asked,
    async contact(jid: BareJid) {
      asked.push(jid);
      if (language instanceof Error) throw language;
      return language === undefined ? undefined : ({ jid, language } as Contact);
    },
  };
}

describe("the language of a person", () => {
  test("is English until he shows another; the last one that we speak counts, whichever client says it", () => {
    const tongues = new Tongues();
    expect(tongues.of(HOME)).toBe("en");
    tongues.heard(HOME, "de-DE");
    expect([tongues.of(PHONE), tongues.of(ROMEO)]).toEqual(["de", "de"]);
    for (const none of ["fr", "", undefined, `ko-${"x".repeat(70_000)}`]) tongues.heard(HOME, none);
    expect(tongues.of(HOME)).toBe("de");
    tongues.heard(PHONE, "ko");
    expect(tongues.of(HOME)).toBe("ko");
    tongues.heard(PHONE, "en");
    expect(tongues.of(HOME)).toBe("en");
  });

  test("is what he chose, whatever is heard; without a choice again, what was heard last", () => {
    const tongues = new Tongues();
    tongues.note({ jid: ROMEO, language: "ko" });
    tongues.heard(HOME, "de");
    expect([tongues.of(HOME), tongues.chosenBy(ROMEO)]).toEqual(["ko", "ko"]);
    tongues.note({ jid: ROMEO, language: "" });
    expect([tongues.of(HOME), tongues.chosenBy(ROMEO)]).toEqual(["de", ""]);
    tongues.note({ jid: ROMEO, language: "xx" }); // a newer version's
    expect(tongues.of(HOME)).toBe("de");
  });

  test("is looked up once, be there nothing to be found; not at all for who has been read of", async () => {
    const tongues = new Tongues();
    const [german, nobody] = [records("de"), records(undefined)];
    for (let again = 0; again < 2; again++) {
      await tongues.learn(german, nth(1));
      await tongues.learn(nobody, nth(2));
    }
    expect([german.asked, nobody.asked]).toEqual([[nth(1)], [nth(2)]]);
    const index = records("ko");
    tongues.note({ jid: ROMEO, language: "" });
    await tongues.learn(index, ROMEO);
    expect(index.asked).toEqual([]);
  });

  test("what was heard does not hide that his choice is not known yet", async () => {
    const tongues = new Tongues();
    tongues.heard(HOME, "de");
    await tongues.learn(records("ko"), ROMEO);
    expect(tongues.of(HOME)).toBe("ko");
  });

  test("records that are away keep nobody waiting, and are asked again", async () => {
    const tongues = new Tongues();
    await tongues.learn(records(new Refusal("index-down")), ROMEO);
    expect(tongues.of(ROMEO)).toBe("en");
    await tongues.learn(records("de"), ROMEO);
    expect(tongues.of(ROMEO)).toBe("de");
  });

  test("is forgotten of who was heard of first, when there are too many; and learnt again", async () => {
    const tongues = new Tongues(3);
    for (let n = 0; n < 5; n++) tongues.note({ jid: nth(n), language: "ko" });
    expect([0, 1, 2, 3, 4].map((n) => tongues.of(nth(n)))).toEqual(["en", "en", "ko", "ko", "ko"]);
    await tongues.learn(records("ko"), nth(0));
    expect(tongues.of(nth(0))).toBe("ko");
    // Tags are anybody's words.
    for (let n = 0; n < 1000; n++) tongues.heard(HOME, `x${n}`);
    tongues.heard(HOME, "de");
    expect(tongues.of(HOME)).toBe("de");
  });
});
