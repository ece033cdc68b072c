/** What goes out is XML 1.0, whatever was put in. */
import { expect, test } from "@jest/globals";
import { serialise } from "../../component/messenger/serialise.js";
import { xml } from "../../component/messenger/stanza.js";

test("what XML 1.0 forbids is left out, in text and in attributes", () => {
  const allowed = (code: number): boolean =>
    [9, 10, 13].includes(code) || (code >= 0x20 && code < 0xd800) || (code >= 0xe000 && code < 0xfffe);
  for (let code = 0; code < 0x10000; code++) {
    if (code > 0x300 && code < 0xd7f0) continue;
    const text = `a${String.fromCharCode(code)}b`;
    const out = serialise(xml("m", { v: text }, text));
    if (allowed(code)) expect(out).not.toBe('<m v="ab">ab</m>');
    else expect(out).toBe('<m v="ab">ab</m>');
  }
});

test("pairs of surrogates stay, halves go", () => {
  expect(serialise(xml("m", { v: "\ud83c\udfbb\ud83c" }, "\udfbb\ud83c\udfbb"))).toBe('<m v="🎻">🎻</m>');
});

test("what means something in XML is escaped; line ends and tabs survive the reader's normalisation", () => {
  expect(serialise(xml("m", { v: `<&>"'\t\n\r` }, `<&>"'\t\n\r]]>`))).toBe(
    '<m v="&lt;&amp;&gt;&quot;&apos;&#9;&#10;&#13;">&lt;&amp;&gt;"\'\t\n&#13;]]&gt;</m>',
  );
});

test("empty elements, numbers, nesting", () => {
  expect(serialise(xml("m", { n: 3, no: undefined }, xml("a"), xml("b", { xmlns: "u" }, "1"), undefined))).toBe(
    '<m n="3"><a/><b xmlns="u">1</b></m>',
  );
});
