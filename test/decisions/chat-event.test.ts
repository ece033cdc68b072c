import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { parse } from "ltx";
import { MAX_BODY, MAX_LINKS, linkKey, readMessage } from "../../component/messenger/chat-event.js";
import { isSealed } from "../../component/lib/sealed-link.js";
import { type Element, xml } from "../../component/messenger/stanza.js";

const NAMES =
  `message body x url file-sharing sources url-data file size name hash media-type reference media-sharing encrypted
  payload openpgp encryption request received replace fallback forwarded sent event attach-to error gone html p`.split(
    /\s+/,
  );
const NAMESPACES =
  `jabber:client jabber:component:accept jabber:x:oob urn:xmpp:sfs:0 urn:xmpp:file:metadata:0 urn:xmpp:hashes:2
  http://jabber.org/protocol/url-data urn:xmpp:reference:0 urn:xmpp:sims:1 urn:xmpp:jingle:apps:file-transfer:5 urn:xmpp:receipts
  eu.siacs.conversations.axolotl urn:xmpp:omemo:2 urn:xmpp:eme:0 urn:xmpp:message-correct:0 urn:xmpp:fallback:0 urn:xmpp:esfs:0
  urn:xmpp:message-attaching:1 urn:xmpp:carbons:2 urn:ietf:params:xml:ns:xmpp-stanzas __proto__ constructor`.split(
    /\s+/,
  );
const WORDS = [
  "",
  "chat",
  "error",
  "1",
  "-1",
  "1e999",
  "NaN",
  "https://a.example/1",
  "aesgcm://a.example/1#0",
  "?OTRv3?",
  "xmpp:a@b",
];
const ATTRIBUTES = [
  "type",
  "id",
  "from",
  "to",
  "target",
  "uri",
  "algo",
  "start",
  "end",
  "for",
  "namespace",
  "disposition",
  "__proto__",
];

const word = fc.oneof(fc.constantFrom(...WORDS), fc.string({ unit: "binary" }));
const { element } = fc.letrec<{ element: Element }>((tie) => ({
  element: fc
    .record({
      name: fc.oneof(fc.constantFrom(...NAMES), fc.string()),
      namespace: fc.option(fc.oneof(fc.constantFrom(...NAMESPACES), fc.string()), { nil: undefined }),
      attributes: fc.dictionary(fc.constantFrom(...ATTRIBUTES), word, { maxKeys: 4 }),
      children: fc.array(fc.oneof({ depthSize: "small" }, word, tie("element")), { maxLength: 6 }),
    })
    .map(({ name, namespace, attributes, children }) => xml(name, { ...attributes, xmlns: namespace }, ...children)),
}));

test("any element is read as something, and never throws", () => {
  fc.assert(
    fc.property(element, fc.boolean(), (any, asMessage) => {
      if (asMessage) any.name = "message";
      const before = any.toString();
      const event = readMessage(any);
      expect(any.toString()).toBe(before);
      if (event.type === "links") {
        expect(event.links.length).toBeGreaterThan(0);
        expect(event.links.length).toBeLessThanOrEqual(MAX_LINKS);
        for (const { url, size, sha256 } of event.links) {
          expect(linkKey(url) !== undefined || isSealed(url)).toBe(true);
          if (size !== undefined) expect(Number.isSafeInteger(size) && size >= 0).toBe(true);
          if (sha256 !== undefined) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
        }
      }
      if (event.type === "text") expect(event.text).toBe(event.text.trim());
      if (event.type === "text") expect(event.text).not.toBe("");
    }),
    { numRuns: 500 },
  );
});

test("a body is cut where no command is as long any more", () => {
  const event = readMessage(xml("message", { type: "chat" }, xml("body", {}, "a".repeat(MAX_BODY + 1))));
  expect(event).toEqual({ type: "text", text: "a".repeat(MAX_BODY), isCut: true, wantsReceipt: false });
});

test("of a flood of fallback ranges only the first count", () => {
  const ranges = Array.from({ length: 10_000 }, (_, i) => xml("body", { start: i, end: i + 1 }));
  const fallback = xml("fallback", { xmlns: "urn:xmpp:fallback:0" }, ...ranges);
  const event = readMessage(xml("message", {}, xml("body", {}, "ab".repeat(MAX_BODY)), fallback));
  expect(event).toMatchObject({ type: "text", text: "ab".repeat(MAX_BODY / 2).slice(16) });
});

test("a sender cannot reach out of his own message through nesting", () => {
  const nested = parse(
    "<message type='chat'><wrap xmlns='urn:x:y'><body xmlns='jabber:client'>del 1</body><x xmlns='jabber:x:oob'><url>https://a.example/1</url></x></wrap></message>",
  );
  expect(readMessage(nested)).toEqual({ type: "ignored", why: "nothing said" });
});
