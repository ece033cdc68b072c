import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { label, ofProgress, say, type Word } from "../../component/control/words.js";
import { render } from "../../component/lib/languages/index.js";

describe("words", () => {
  test("a name from outside becomes one harmless line", () => {
    expect(label("a\nb\tc")).toBe("a b c");
    expect(label("photo\u202Egpj.exe")).toBe("photo gpj.exe");
    expect(label("")).toBe("unnamed");
    expect([...label("x".repeat(500))].length).toBeLessThanOrEqual(120);
    fc.assert(fc.property(fc.string({ unit: "binary" }), (s) => !/(?![\u200c\u200d])[\p{Cc}\p{Cf}\n]/u.test(label(s))));
    for (const joined of ["🧚‍♀️.png", "👩🏽‍🚀", "نامه‌ها.pdf"]) expect(label(joined)).toBe(joined);
    expect(label("bot\u200d\u200d \u200c\u200d")).toBe("bot");
  });

  const inEnglish = (word: Word, details: Parameters<typeof say>[1]) => render(say(word, details), "en");

  test("progress with and without a size", () => {
    expect(inEnglish("fetching-at", ofProgress("a.iso", 512, 1024, 0))).toBe(
      "Fetching a.iso: 50 % (512 bytes of 1.0 KiB) …",
    );
    expect(inEnglish("fetching-some", ofProgress("a.iso", 512, undefined, 0))).toBe(
      "Fetching a.iso: 512 bytes so far …",
    );
    expect(inEnglish("fetching", ofProgress("a.iso", 0, undefined, 0))).toBe("Fetching a.iso …");
  });
});
