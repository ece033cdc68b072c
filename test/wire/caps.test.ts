import { describe, expect, test } from "@jest/globals";
import { parse } from "ltx";
import { isVerified, verification } from "../../component/messenger/caps.js";
import { parseInfo, type DiscoInfo } from "../../component/messenger/wire/xep0030-disco.js";
import { buildCaps, parseCaps } from "../../component/messenger/wire/xep0115-caps.js";

const info = (inner: string): DiscoInfo =>
  parseInfo(parse(`<query xmlns='http://jabber.org/protocol/disco#info'>${inner}</query>`))!;

const FEATURES = ["caps", "muc", "disco#items", "disco#info"]
  .map((name) => `<feature var='http://jabber.org/protocol/${name}'/>`)
  .join("");
const EXODUS = `<identity category='client' name='Exodus 0.9.1' type='pc'/>${FEATURES}`;
const PSI = `<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>
  <identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>${FEATURES}
  <x xmlns='jabber:x:data' type='result'>
    <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>
    <field var='ip_version' type='text-multi'><value>ipv6</value><value>ipv4</value></field>
    <field var='os'><value>Mac</value></field>
    <field var='os_version'><value>10.5.1</value></field>
    <field var='software'><value>Psi</value></field>
    <field var='software_version'><value>0.11</value></field>
  </x>`;
const EXODUS_VER = "QgayPKawpkPSDYmwT/WM94uAlu0=";
const PSI_VER = "q07IKJEyjvHSyhy//CH0CxmKi8w=";

describe("XEP-0115 §5: the verification string", () => {
  test("§5.2, the simple example", () => expect(verification(info(EXODUS))).toBe(EXODUS_VER));
  test("§5.3, the complex example, in any order", () => expect(verification(info(PSI))).toBe(PSI_VER));

  test("sorts by octets, not by UTF-16 units", () => {
    const features = ["\u{1F4EC}", "\uFF5E"]; // UTF-8 puts the letter box last, UTF-16 first
    const made = (list: string[]): string => verification({ identities: [], features: list, forms: [] });
    expect(made(features)).toBe(made([...features].reverse()));
    expect(made(features)).toBe("4dWmaKCHkb6aIu6OhfRUwDcXkMo=");
  });

  test("sha-256", () => {
    const ver = verification(info(EXODUS), "sha-256");
    expect(Buffer.from(ver, "base64")).toHaveLength(32);
    expect(isVerified(info(EXODUS), { node: "n", ver, hash: "sha-256" })).toBe(true);
    expect(isVerified(info(EXODUS), { node: "n", ver, hash: "sha-1" })).toBe(false);
  });
});

describe("XEP-0115 §5.4: what is believed", () => {
  const hidden = (type: string): string =>
    `<x xmlns='jabber:x:data'><field var='FORM_TYPE' type='hidden'><value>${type}</value></field></x>`;
  const claimed = (inner: string): boolean => {
    const answer = info(inner);
    return isVerified(answer, { node: "n", ver: verification(answer), hash: "sha-1" });
  };

  test.each([
    ["the example", EXODUS, true],
    ["two identities that are the same", `${EXODUS}<identity category='client' name='Exodus 0.9.1' type='pc'/>`, false],
    ["a feature twice", `${EXODUS}<feature var='http://jabber.org/protocol/muc'/>`, false],
    ["two forms of one type", EXODUS + hidden("a") + hidden("a"), false],
    ["two forms of two types", EXODUS + hidden("a") + hidden("b"), true],
    ["a form of two types", EXODUS + hidden("a</value><value>b"), false],
    ["a form of one type said twice", EXODUS + hidden("a</value><value>a"), true],
    ["a name that reads as more features", "<identity category='client' type='pc' name='x&lt;urn:forged'/>", false],
    ["a feature that reads as two", "<feature var='a&lt;b'/>", false],
  ])("%s", (_, inner, expected) => expect(claimed(inner)).toBe(expected));

  test("a form without hidden type is left out of the hash", () => {
    const form = "<x xmlns='jabber:x:data'><field var='FORM_TYPE'><value>a</value></field></x>";
    expect(isVerified(info(EXODUS + form), { node: "n", ver: EXODUS_VER, hash: "sha-1" })).toBe(true);
  });

  test("a claim without hash, or with one unknown, is never verified", () => {
    expect(isVerified(info(EXODUS), { node: "n", ver: EXODUS_VER })).toBe(false);
    expect(isVerified(info(EXODUS), { node: "n", ver: EXODUS_VER, hash: "md5" })).toBe(false);
  });
});

test("the claim of a presence", () => {
  const claim = { hash: "sha-1", node: "http://code.google.com/p/exodus", ver: EXODUS_VER };
  expect(parseCaps(parse(`<presence>${buildCaps(claim).toString()}</presence>`))).toEqual(claim);
  expect(parseCaps(parse("<presence/>"))).toBeUndefined();
  const long = "x".repeat(2000);
  expect(
    parseCaps(parse(`<presence><c xmlns='http://jabber.org/protocol/caps' node='${long}' ver='v'/></presence>`)),
  ).toBeUndefined();
});
