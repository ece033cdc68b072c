/**
 * What a followed contact costs in memory: 100,000 people with one client each, whose presence comes through the real
 * parser in chunks as from a socket, with one of 50 kinds of capabilities. Needs --expose-gc. Prints one line of JSON.
 */
import type { Element } from "ltx";
import { bare, toJid } from "../component/lib/jid.js";
import { systemClock } from "../component/lib/clock.js";
import { createLog } from "../component/lib/log.js";
import { StreamParser } from "../component/messenger/parser.js";
import { PresenceDirectory } from "../component/messenger/presence.js";
import { verification } from "../component/messenger/caps.js";
import { buildInfo, type DiscoInfo } from "../component/messenger/wire/xep0030-disco.js";
import { xml, type StanzaHandler } from "../component/messenger/stanza.js";

const CONTACTS = Number(process.argv[2] ?? 100_000);
const KINDS = 50;
const CHUNK = 16_384;
const bot = bare("bot@files.example.org");

const kinds = Array.from({ length: KINDS }, (_, kind): DiscoInfo => {
  const features = Array.from({ length: 40 }, (_, i) => `urn:xmpp:feature:${kind}:${i}`);
  return { identities: [{ category: "client", type: "pc", name: `Client ${kind}` }], features, forms: [] };
});
const vers = kinds.map((info) => verification(info));

let hear: StanzaHandler = () => false;
let offers = 0;
const directory = new PresenceDirectory({
  router: { iq: () => undefined, message: () => undefined, presence: (handler) => void (hear = handler) },
  stream: {
    domain: bare("files.example.org"),
    online: true,
    send: async () => undefined,
    deliver: async () => undefined,
    request: async (iq) => {
      const ver = String(iq.getChild("query")!.attrs["node"]).split("#")[1]!;
      return xml("iq", {}, buildInfo(kinds[vers.indexOf(ver)]!));
    },
  },
  index: { contact: async () => undefined, contacts: async () => [] },
  office: { available: () => void offers++, standing: async () => undefined },
  contact: bot,
  log: createLog("silent"),
  clock: systemClock,
});
directory.start();

const parser = new StreamParser();
parser.on("element", (stanza: Element) => {
  const { from, to } = stanza.attrs as { from: string; to: string };
  hear(stanza, toJid(from)!, toJid(to)!);
});
parser.write(Buffer.from("<stream>"));

const heap = (): number => {
  globalThis.gc!();
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

function* stanzas(): Generator<string> {
  for (let i = 0; i < CONTACTS; i++) {
    const person = `person.number${i}@chat.example.org`;
    yield `<presence xmlns='jabber:component:accept' type='subscribed' from='${person}' to='${bot}'/>`;
    yield (
      `<presence xmlns='jabber:component:accept' from='${person}/gajim.${i.toString(36).padStart(8, "Q")}' to='${bot}' xml:lang='en'>` +
      `<priority>5</priority><show>away</show><status>Out for lunch, back at two, or maybe at three o'clock</status>` +
      `<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://client.example/${i % KINDS}' ver='${vers[i % KINDS]}'/>` +
      `<x xmlns='vcard-temp:x:update'><photo>da39a3ee5e6b4b0d3255bfef95601890afd80709</photo></x></presence>`
    );
  }
}

const before = heap();
let buffer = "";
for (const text of stanzas()) {
  buffer += text;
  if (buffer.length < CHUNK) continue;
  parser.write(Buffer.from(buffer));
  buffer = "";
  await new Promise((resolve) => setImmediate(resolve));
}
parser.write(Buffer.from(buffer));
await new Promise((resolve) => setTimeout(resolve, 100));
const after = heap();
const known = directory.resources(bare("person.number7@chat.example.org"))[0]!;
const line = {
  contacts: directory.size.followed,
  bytesEach: Math.round((after - before) / CONTACTS),
  offers,
  can: known.can("urn:xmpp:feature:7:3"),
};
process.stdout.write(`${JSON.stringify(line)}\n`);
