/** Small and large harm to one stanza: to its elements, to its addresses, to its bytes. All of it by chance that can be had again. */
import { type Element, clone } from "ltx";
import { xml } from "../clients/xmppjs.js";
import type { Chance } from "../seeded.js";

const NAMESPACES = [
  "jabber:client", "jabber:component:accept", "jabber:iq:roster", "jabber:x:oob", "urn:xmpp:jingle:1", "urn:xmpp:jingle:apps:rtp:1", "urn:xmpp:sfs:0",
  "urn:xmpp:jingle:transports:s5b:1", "urn:xmpp:jingle:transports:ibb:1", "urn:xmpp:jingle:transports:ice-udp:1", "http://jabber.org/protocol/si",
  "http://jabber.org/protocol/ibb", "http://jabber.org/protocol/bytestreams", "urn:xmpp:hashes:2", "urn:xmpp:jingle:apps:file-transfer:5",
  "urn:xmpp:receipts", "http://jabber.org/protocol/disco#info", "", "__proto__", "urn:nobody",
]; // prettier-ignore
const NAMES = ["file", "content", "transport", "description", "body", "error", "query", "x", "reason", "candidate", "si", "jingle", "a", "constructor", "__proto__"]; // prettier-ignore
const ATTRIBUTES = ["id", "sid", "from", "to", "type", "xmlns", "name", "size", "seq", "block-size", "action", "cid", "port", "host", "jid", "creator", "algo", "offset", "length", "__proto__", "toString", "xml:lang"]; // prettier-ignore

const NASTY = [
  "", " ", "0", "-0", "-1", "1", "2", "65535", "65536", "2147483648", "4294967296", "9007199254740991", "9007199254740993", "18446744073709551616",
  "1e309", "-1e309", "1e3", "NaN", "Infinity", "0x10", "1.5", " 7 ", "+7", "٣", "007", "true", "null", "undefined", "[object Object]", "__proto__", "constructor",
  "hasOwnProperty", "toString", "../../../etc/passwd", "/dev/null", "C:\\x", "con", "{name}", "{who} {size}", "%s%n%x", "'; drop table files; --", "<b>", "]]>", "&amp;",
  "a@b@c", "@", "/", "@example.org", "romeo@", "romeo@example.org/", "bot@files.example.org/restante", "files.example.org", "example.org", "\\20@files.example.org",
  "http://", "http://[::1", "http://127.0.0.1:0/", "http://127.0.0.1:99999/x", "file:///etc/passwd", "aesgcm://x", "xmpp:a@b", "sha-256", "md5", "sha3-512", "=", "====",
  "AAA", "!!!!", "2026-02-30T25:61:61Z", "9999-99-99", "\u202egpj.exe", "\u200d", "👨‍👩‍👧‍👦", "e\u0301".repeat(40), "\ufdfa", "ﬁle", "İ", "ß", "\u{10ffff}", "\ue000", "\t", "\n", "x\ny",
  "iq", "get", "set", "result", "error", "chat", "groupchat", "subscribe", "session-initiate", "session-terminate", "transport-info",
]; // prettier-ignore

export function nasty(luck: Chance): string {
  if (luck.oneIn(60)) return luck.pick(["x", "é", "😀", "a/", "@", "\\40", "9", "a."]).repeat(luck.pick([1000, 1023, 1024, 8192, 70_000])); // prettier-ignore
  if (luck.oneIn(8)) return String((luck.oneIn(2) ? 1 : -1) * luck.whole(2 ** luck.whole(53)));
  return luck.pick(NASTY);
}

/** Every element, the stanza first. */
function all(stanza: Element): Element[] {
  const found = [stanza];
  for (let at = 0; at < found.length && at < 2000; at++) found.push(...found[at]!.getChildElements());
  return found;
}

type Harm = (stanza: Element, luck: Chance, donor: () => Element) => void;

const pick = (stanza: Element, luck: Chance): Element => luck.pick(all(stanza));
/** Below the stanza itself, when there is one. */
function inner(stanza: Element, luck: Chance): Element | undefined {
  const below = all(stanza).slice(1);
  return below.length > 0 ? luck.pick(below) : undefined;
}

function insert(parent: Element, child: Element, luck: Chance): void {
  child.parent = parent;
  parent.children.splice(luck.whole(parent.children.length + 1), 0, child);
}

function nest(depth: number, name: string): Element {
  let tower = xml(name);
  for (let i = 0; i < depth; i++) tower = xml(name, {}, tower);
  return tower;
}

const HARMS: readonly Harm[] = [
  function dropElement(stanza, luck) {
    const victim = inner(stanza, luck);
    if (victim?.parent) victim.parent.children = victim.parent.children.filter((child) => child !== victim);
  },
  function duplicate(stanza, luck) {
    const twin = inner(stanza, luck);
    if (!twin?.parent) return;
    // Beyond 4 MiB the stream ends by design.
    const most = Math.max(1, Math.floor(1_000_000 / twin.toString().length));
    const times = luck.oneIn(40) ? Math.min(most, luck.pick([65, 300, 3000])) : 1;
    for (let i = 0; i < times; i++) twin.parent.children.push(clone(twin));
  },
  function reorder(stanza, luck) {
    const { children } = pick(stanza, luck);
    const at = luck.whole(children.length || 1);
    if (children.length > 1) children.push(...children.splice(at, 1));
  },
  function move(stanza, luck) {
    const child = inner(stanza, luck);
    if (!child?.parent) return;
    child.parent.children = child.parent.children.filter((one) => one !== child);
    insert(pick(stanza, luck), child, luck);
  },
  function graft(stanza, luck, donor) {
    const scion = inner(donor(), luck);
    if (scion) insert(pick(stanza, luck), clone(scion), luck);
  },
  function exchange(stanza, luck, donor) {
    const [victim, scion] = [inner(stanza, luck), inner(donor(), luck)];
    if (victim?.parent && scion) victim.parent.children = victim.parent.children.map((child) => (child === victim ? clone(scion) : child)); // prettier-ignore
  },
  function rename(stanza, luck) {
    (inner(stanza, luck) ?? stanza).name = luck.oneIn(20) ? luck.pick(["iq", "message", "presence"]) : luck.pick(NAMES);
  },
  function otherNamespace(stanza, luck) {
    (inner(stanza, luck) ?? stanza).attrs["xmlns"] = luck.pick(NAMESPACES);
  },
  function dropAttribute(stanza, luck) {
    const { attrs } = pick(stanza, luck);
    const names = Object.keys(attrs);
    if (names.length > 0) delete attrs[luck.pick(names)];
  },
  function changeAttribute(stanza, luck) {
    const { attrs } = pick(stanza, luck);
    const names = Object.keys(attrs);
    if (names.length > 0) attrs[luck.pick(names)] = nasty(luck);
  },
  function addAttribute(stanza, luck) {
    Object.defineProperty(pick(stanza, luck).attrs, luck.pick(ATTRIBUTES), { value: nasty(luck), enumerable: true, configurable: true, writable: true }); // prettier-ignore
  },
  function swapAttributes(stanza, luck) {
    const { attrs } = pick(stanza, luck);
    const names = Object.keys(attrs);
    if (names.length < 2) return;
    const [a, b] = [luck.pick(names), luck.pick(names)];
    [attrs[a], attrs[b]] = [attrs[b] as string, attrs[a] as string];
  },
  function otherText(stanza, luck) {
    const element = pick(stanza, luck);
    const place = element.children.findIndex((child) => typeof child === "string");
    if (place >= 0 && luck.oneIn(3)) element.children.splice(place, 1);
    else if (place >= 0) element.children[place] = nasty(luck);
    else element.children.push(nasty(luck));
  },
  function wrap(stanza, luck) {
    const victim = inner(stanza, luck);
    if (!victim?.parent) return;
    const tower = nest(luck.oneIn(30) ? luck.pick([61, 62, 63, 64, 1000]) : 1, luck.pick(NAMES));
    victim.parent.children.push(tower);
    let floor = tower;
    while (floor.getChildElements()[0]) floor = floor.getChildElements()[0]!;
    insert(floor, clone(victim), luck);
  },
  function hundredAttributes(stanza, luck) {
    if (!luck.oneIn(10)) return;
    const { attrs } = pick(stanza, luck);
    for (let i = 0; i < luck.pick([30, 64, 65, 300]); i++) attrs[`a${i}`] = "x";
  },
];

/** Does some harm to its elements. Its name stays one of a stanza's. */
export function harm(stanza: Element, luck: Chance, donor: () => Element): void {
  for (let times = 1 + luck.whole(3); times > 0; times--) luck.pick(HARMS)(stanza, luck, donor);
}

/** Another sender, another address, or none that is one. */
export function misaddress(stanza: Element, luck: Chance, places: readonly string[]): void {
  const which = luck.pick(["from", "to", "from", "to", "id"]);
  const { attrs } = stanza;
  if (luck.oneIn(12)) delete attrs[which];
  else if (luck.oneIn(8)) [attrs["from"], attrs["to"]] = [attrs["to"] as string, attrs["from"] as string];
  else if (luck.oneIn(3)) attrs[which] = nasty(luck);
  else attrs[which] = luck.pick(places);
}

/** Harm to its bytes: mostly what is no XML any more. */
export function garble(text: string, luck: Chance): Buffer {
  let bytes = Buffer.from(text);
  for (let times = 1 + luck.whole(3); times > 0 && bytes.length > 0; times--) {
    const at = luck.whole(bytes.length);
    const kind = luck.whole(8);
    const replaced = (from: number, to: number, by: Uint8Array | string): void => {
      bytes = Buffer.concat([bytes.subarray(0, from), Buffer.from(by as string), bytes.subarray(to)]);
    };
    if (kind === 0) bytes[at]! ^= 1 << luck.whole(8);
    else if (kind === 1) replaced(at, at + 1 + luck.whole(8), "");
    else if (kind === 2)
      replaced(
        at,
        at,
        Uint8Array.from({ length: 1 + luck.whole(6) }, () => luck.whole(256)),
      );
    else if (kind === 3)
      replaced(at, at, luck.pick([[0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xed, 0xa0, 0x80], [0xc0, 0xaf]].map((b) => Uint8Array.from(b)))); // prettier-ignore
    else if (kind === 4)
      replaced(at, at, luck.pick(["\u0000", "\u0001", "\u000b", "\u007f", "\u0085", "\ufffe", "\ufeff"])); // prettier-ignore
    else if (kind === 5)
      replaced(at, at, luck.pick(["<", ">", "&", "&#0;", "&#x110000;", "&lol;", "'", '"', "/>", "<!--x-->", "<?x?>", "<![CDATA[<]]>", "&#x41;"])); // prettier-ignore
    else if (kind === 6) bytes[at] = luck.pick([0x20, 0x2f, 0x30, 0x41, 0x61, 0x3d, 0x40]);
    else replaced(at, at, bytes.subarray(luck.whole(bytes.length), luck.whole(bytes.length)));
  }
  return bytes;
}
