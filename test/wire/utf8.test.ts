import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Utf8 } from "../../component/messenger/utf8.js";

const texts = fc.oneof(
  fc.string({ unit: fc.constantFrom("A", "/", " "), minLength: 1, maxLength: 40 }),
  fc.string({ unit: fc.constantFrom("A", "é", "世", "🎻", "\n", "]"), minLength: 1, maxLength: 40 }),
);

test("text is put together again wherever it was cut, and wherever it lies in memory", () => {
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 6 }), fc.array(fc.nat(40), { maxLength: 12 }), fc.nat(3), (all, cuts, at) => {
      const bytes = Buffer.concat([Buffer.alloc(at), Buffer.from(all.join(""))]).subarray(at);
      const utf8 = new Utf8();
      let text = "";
      let from = 0;
      for (const length of [...cuts, bytes.length]) {
        text += utf8.decode(bytes.subarray(from, from + length));
        from += length;
      }
      expect(text).toBe(all.join(""));
    }),
  ); // prettier-ignore
});

test.each([[[0xff]], [[0xc3, 0x41]], [[0xc3], [0x41]], [[0xe4, 0xb8], [], [0x41]]])("%j is none", (...reads) => {
  const utf8 = new Utf8();
  expect(() => reads.forEach((bytes) => utf8.decode(Uint8Array.from(bytes)))).toThrow("not valid");
});

test("what means something to XML is never plain, at any place; letters and base64 are", () => {
  for (let code = 0; code < 0x80; code++)
    for (let at = 0; at < 9; at++) {
      const char = String.fromCharCode(code);
      const text = `${"A".repeat(at)}${char}${"A".repeat(8 - at)}`;
      for (const shift of [0, 1, 2, 3]) {
        const utf8 = new Utf8();
        const piece = utf8.decode(Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]).subarray(shift));
        const special = /[&<>\]]/.test(char) || (code < 0x20 && char !== "\n" && char !== "\t");
        if (code !== 0x7f) expect([code, at, utf8.isPlain(piece)]).toEqual([code, at, !special]);
      }
    }
});

test("beside other letters it is judged letter by letter", () => {
  const utf8 = new Utf8();
  for (const [text, plain] of [["Grüße]", false], ["Gr\u0001ü", false], ["ü", false], ["AAAA", true]] as const)
    expect([text, utf8.isPlain(utf8.decode(Buffer.from(text)))]).toEqual([text, plain]); // prettier-ignore
});
