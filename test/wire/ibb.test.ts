/** XEP-0047 on the wire: the XEP's examples, what Gajim and libpurple send, base64 in every bad shape. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parse } from "ltx";
import * as ibb from "../../component/messenger/wire/xep0047-ibb.js";

const NS = "xmlns='http://jabber.org/protocol/ibb'";

describe("open", () => {
  test.each([
    ["example 1", `<open ${NS} block-size='4096' sid='i781hf64' stanza='iq'/>`, { sid: "i781hf64", blockSize: 4096, stanza: "iq" }],
    ["libpurple 2.14", `<open ${NS} sid='purplecbc7a26' block-size='4096'/>`, { sid: "purplecbc7a26", blockSize: 4096, stanza: "iq" }],
    ["Gajim 1.7.3", `<open xmlns="http://jabber.org/protocol/ibb" block-size="4096" sid="edf9f9ef-5db0-4b85-b60a-683f1409d3fa" stanza="iq" />`, { sid: "edf9f9ef-5db0-4b85-b60a-683f1409d3fa", blockSize: 4096, stanza: "iq" }],
    ["in messages, as large as can be", `<open ${NS} block-size='65535' sid='a' stanza='message'/>`, { sid: "a", blockSize: 65535, stanza: "message" }],
  ])("%s", (_, text, value) => {
    expect(ibb.readOpen(parse(text))).toEqual(value);
    expect(ibb.readOpen(parse(ibb.writeOpen(value as ibb.Open).toString()))).toEqual(value);
  }); // prettier-ignore

  test.each([
    ["no sid", `<open ${NS} block-size='4096'/>`],
    ["no block-size", `<open ${NS} sid='a'/>`],
    ["blocks of nothing", `<open ${NS} sid='a' block-size='0'/>`],
    ["blocks beyond 16 bits", `<open ${NS} sid='a' block-size='65536'/>`],
    ["a size that is no number", `<open ${NS} sid='a' block-size='4e3'/>`],
    ["an unknown stanza", `<open ${NS} sid='a' block-size='1' stanza='presence'/>`],
    ["another namespace", `<open xmlns='u' sid='a' block-size='1'/>`],
    ["another element", `<close ${NS} sid='a' block-size='1'/>`],
  ])("not with %s", (_, text) => {
    expect(ibb.readOpen(parse(text))).toBeUndefined();
  });
});

test("close", () => {
  expect(ibb.readClose(parse(`<close ${NS} sid='i781hf64'/>`))).toBe("i781hf64");
  expect(ibb.readClose(ibb.writeClose("a&b"))).toBe("a&b");
  expect(ibb.readClose(parse(`<close ${NS}/>`))).toBeUndefined();
  expect(ibb.readClose(parse(`<open ${NS} sid='a'/>`))).toBeUndefined();
});

describe("data", () => {
  const LINES = `
    qANQR1DBwU4DX7jmYZnncmUQB/9KuKBddzQH+tZ1ZywKK0yHKnq57kWq+RFtQdCJ
    WpdWpR0uQsuJe7+vh3NWn59/gTc5MDlX8dS9p0ovStmNcyLhxVgmqS8ZKhsblVeu
    IpQ0JgavABqibJolc3BKrVtVV1igKiX/N7Pi8RtY1K18toaMDhdEfhBRzO/XB0+P
    AQhYlRjNacGcslkhXqNjK5Va4tuOAPy2n1Q8UUrHbUd0g+xJ9Bm0G0LZXyvCWyKH
    kuNEHFQiLuCY6Iv0myq6iX6tjuHehZlFSh80b5BVV9tNLwNR5Eqz1klxMhoghJOA
  `;

  test("example 6, with its broken lines", () => {
    const data = ibb.readData(parse(`<data ${NS} seq='0' sid='i781hf64'>${LINES}</data>`))!;
    expect(data).toEqual({ sid: "i781hf64", seq: 0, base64: LINES.replace(/\s/g, "") });
    expect(ibb.sizeOf(data.base64)).toBe(240);
    const target = Buffer.alloc(240);
    expect(ibb.decode(data.base64, target, 0)).toBe(true);
    expect(target.toString("base64")).toBe(data.base64);
  });

  test("text in several pieces is one text", () => {
    const element = parse(`<data ${NS} seq='65535' sid='a'>QUJD</data>`);
    element.t("REVG");
    expect(ibb.readData(element)).toEqual({ sid: "a", seq: 65535, base64: "QUJDREVG" });
  });

  test.each([
    ["no sid", `<data ${NS} seq='0'>QUJD</data>`],
    ["no seq", `<data ${NS} sid='a'>QUJD</data>`],
    ["a seq beyond 16 bits", `<data ${NS} seq='65536' sid='a'>QUJD</data>`],
    ["a seq below", `<data ${NS} seq='-1' sid='a'>QUJD</data>`],
    ["elements", `<data ${NS} seq='0' sid='a'>QUJD<x/></data>`],
    ["an element", `<data ${NS} seq='0' sid='a'><x/></data>`],
  ])("not with %s", (_, text) => {
    expect(ibb.readData(parse(text))).toBeUndefined();
  });

  test("any block goes there and back, at any place", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(20), (bytes, at) => {
        const { base64 } = ibb.readData(parse(ibb.writeData("s", 7, Buffer.from(bytes)).toString()))!;
        const target = Buffer.alloc(at + bytes.length + 5, 0xee);
        expect(ibb.sizeOf(base64)).toBe(bytes.length);
        expect(ibb.decode(base64, target, at)).toBe(true);
        expect(target.subarray(at, at + bytes.length).equals(Buffer.from(bytes))).toBe(true);
        expect([...target.subarray(0, at), ...target.subarray(at + bytes.length)].every((b) => b === 0xee)).toBe(true);
      }),
    );
  });

  // RFC 4648 §4; XEP-0047 §9
  test.each([
    "A",
    "AA",
    "AAA",
    "AAAAA",
    "=AAA",
    "BBBB=CCC",
    "AA=A",
    "A===",
    "====",
    "QUJD====",
    "AA-A",
    "A_AA",
    "AA.A",
    "AAA\u00e9",
    "AAA\u{1f600}=",
    "AAA\u0141",
    "AA\u0000A",
    "QQ==QUJD",
    "QQ==QQ==",
  ])(
    // prettier-ignore
    "%j is no base64",
    (text) => {
      const size = ibb.sizeOf(text);
      expect(size !== undefined && ibb.decode(text, Buffer.alloc(64), 0)).toBe(false);
    },
  );
});
