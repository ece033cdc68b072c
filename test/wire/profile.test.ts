import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { parse } from "ltx";
import { AVATAR } from "../../component/messenger/avatar.js";
import { parseAvailability } from "../../component/messenger/wire/rfc6121-presence.js";
import { buildLast } from "../../component/messenger/wire/xep0012-last.js";
import { buildInfo, buildItems, parseInfo } from "../../component/messenger/wire/xep0030-disco.js";
import { buildVCard } from "../../component/messenger/wire/xep0054-vcard.js";
import { buildVersion } from "../../component/messenger/wire/xep0092-version.js";
import { contactAddresses } from "../../component/messenger/wire/xep0157-contact-addresses.js";
import { buildTime } from "../../component/messenger/wire/xep0202-time.js";
import { parsePrivileges } from "../../component/messenger/wire/xep0356-privilege.js";
import { bare } from "../../component/lib/jid.js";

test("the picture is the one that is drawn in avatar.svg, small enough for XEP-0153 §4.5", () => {
  const file = readFileSync(new URL("../../component/messenger/avatar.png", import.meta.url));
  expect(AVATAR).toBe(file.toString("base64"));
  expect(file.subarray(1, 4).toString()).toBe("PNG");
  expect([file.readUInt32BE(16), file.readUInt32BE(20)]).toEqual([96, 96]);
  expect(file.length).toBeLessThan(8192);
});

test("XEP-0202: UTC in whole seconds", () => {
  expect(buildTime(Date.UTC(2006, 11, 19, 17, 58, 35, 999)).toString()).toBe(
    '<time xmlns="urn:xmpp:time"><tzo>+00:00</tzo><utc>2006-12-19T17:58:35Z</utc></time>',
  );
});

test("XEP-0012: whole seconds", () => {
  expect(buildLast(903_999).toString()).toBe('<query xmlns="jabber:iq:last" seconds="903"/>');
});

test("XEP-0092", () => {
  expect(buildVersion("Exodus", "0.7").toString()).toBe(
    '<query xmlns="jabber:iq:version"><name>Exodus</name><version>0.7</version></query>',
  );
});

test("XEP-0054: type before data, no URL when there is none", () => {
  const card = buildVCard({ name: "R & Co", about: "a", jid: "bot@x", url: "", photo: "QUJD" });
  expect(card.toString()).toBe(
    '<vCard xmlns="vcard-temp"><FN>R &amp; Co</FN><NICKNAME>R &amp; Co</NICKNAME><JABBERID>bot@x</JABBERID>' +
      "<DESC>a</DESC><PHOTO><TYPE>image/png</TYPE><BINVAL>QUJD</BINVAL></PHOTO></vCard>",
  );
});

test("XEP-0030, 0157: information goes there and back", () => {
  const info = {
    identities: [{ category: "server", type: "im", name: "x", lang: "en" }],
    features: ["http://jabber.org/protocol/disco"],
    forms: [contactAddresses(["mailto:abuse@shakespeare.lit", "xmpp:abuse@shakespeare.lit"])],
  };
  const query = buildInfo(info, "n");
  expect(query.attrs["node"]).toBe("n");
  expect(parseInfo(parse(query.toString()))).toEqual(info);
  expect(parse(query.toString()).getChild("x", "jabber:x:data")?.getChild("field")?.toString()).toBe(
    '<field var="FORM_TYPE" type="hidden"><value>http://jabber.org/network/serverinfo</value></field>',
  );
});

test.each([
  ["no query", "<query xmlns='other'/>"],
  [
    "an identity without a type",
    "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='a'/></query>",
  ],
  ["a feature without a name", "<query xmlns='http://jabber.org/protocol/disco#info'><feature/></query>"],
])("XEP-0030: %s is no answer", (_, text) => expect(parseInfo(parse(text))).toBeUndefined());

test("XEP-0030: items", () => {
  expect(buildItems([{ jid: bare("a@b"), name: "N" }]).toString()).toBe(
    '<query xmlns="http://jabber.org/protocol/disco#items"><item jid="a@b" name="N"/></query>',
  );
});

test.each([
  ["", "", 0],
  ["<show>dnd</show><priority>5</priority>", "dnd", 5],
  ["<show> away </show><priority> -1 </priority>", "away", -1],
  ["<show>constructor</show><priority>128</priority>", "", 0],
  ["<show/><priority>1e2</priority>", "", 0],
] as const)("RFC 6121 §4.7.2: %s", (inner, show, priority) => {
  expect(parseAvailability(parse(`<presence>${inner}</presence>`))).toEqual({ show, priority, caps: undefined });
});

test.each([
  ["urn:xmpp:privilege:2", "<perm access='roster' type='both' push='true'/><perm access='presence' type='roster'/>", { roster: "both", presence: "roster" }],
  ["urn:xmpp:privilege:1", "<perm access='presence' type='managed_entity'/>", { roster: "none", presence: "managed_entity" }],
  ["urn:xmpp:privilege:2", "<perm access='presence' type='everything'/>", { roster: "none", presence: "none" }],
  ["urn:xmpp:privilege:9", "", undefined],
])("XEP-0356: %s %s", (ns, inner, expected) => {
  expect(parsePrivileges(parse(`<message><privilege xmlns='${ns}'>${inner}</privilege></message>`))).toEqual(expected);
}); // prettier-ignore
