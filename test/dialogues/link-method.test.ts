import { beforeEach, expect, test } from "@jest/globals";
import type { OfferEvent, OfferOrder, Parcel, Resource } from "../../component/control/ports.js";
import { Tongues } from "../../component/control/people/tongues.js";
import { type FullJid, bare, toJid } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import type { Office } from "../../component/control/ports.js";
import { Chat } from "../../component/messenger/chat.js";
import { readMessage } from "../../component/messenger/chat-event.js";
import { Fates } from "../../component/messenger/methods/fates.js";
import { LinkMethod } from "../../component/messenger/methods/link.js";
import { FakeClock, settled } from "../harness/fake-clock.js";
import { FakeStream } from "../harness/fake-stream.js";

const CONTACT = bare("bot@files.example.org");
const JULIET = bare("juliet@example.org");
const BALCONY = toJid("juliet@example.org/balcony") as FullJid;
const SHA = "5d".repeat(32);
const URL = "https://files.example.org/d/q8w7e6/summit.jpg";
const parcel = {
  recipient: JULIET,
  name: "summit.jpg",
  size: 3_032_449,
  mediaType: "image/jpeg",
  sha256: SHA,
} as Parcel;

let stream: FakeStream;
let clock: FakeClock;
let method: LinkMethod;
let events: OfferEvent[];
beforeEach(() => {
  stream = new FakeStream();
  clock = new FakeClock();
  events = [];
  const fates = new Fates(clock);
  new Chat({ router: stream, stream, fates, clock, office: {} as Office, log: createLog("silent") }).start();
  method = new LinkMethod({ stream, contact: CONTACT, tongues: new Tongues(), fates });
});

const client = (receipts: boolean | undefined): Resource => ({
  jid: BALCONY,
  stay: 1,
  priority: 0,
  show: "",
  software: undefined,
  isKnown: true,
  can: (feature) => (feature === "urn:xmpp:receipts" ? receipts : false),
});
const order = (...resources: Resource[]): OfferOrder => ({
  parcel,
  resources,
  url: URL,
  line: "Romeo has a file for you.",
  read: () => Promise.reject(new Error("a link reads nothing")),
});
const report = (event: OfferEvent): void => void events.push(event);
const linkId = (): string => String(stream.sent[1]?.attrs["id"]);
const receipt = (from: string, id = linkId()): Promise<unknown> =>
  stream.receive(`<message from='${from}' to='${CONTACT}'><received xmlns='urn:xmpp:receipts' id='${id}'/></message>`);
const bounce = (id: unknown, from: string = JULIET): Promise<unknown> =>
  stream.receive(
    `<message type='error' id='${String(id)}' from='${from}' to='${CONTACT}'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
  );

test("the line and the link are with the stream in the same tick, for the bare address", async () => {
  method.offer(order(client(true)), report);
  expect(stream.sent.map((stanza) => stanza.attrs as unknown)).toEqual([
    { type: "chat", id: expect.any(String), from: CONTACT, to: JULIET, "xml:lang": "en" },
    { type: "chat", id: expect.any(String), from: CONTACT, to: JULIET, "xml:lang": "en" },
  ]);
  expect(events).toEqual([]);
  await settled();
  expect(events).toEqual([{ type: "sent" }]);
});

test("the second message is read as exactly that file", () => {
  method.offer(order(), report);
  const [line, link] = stream.sent.map(readMessage);
  expect(line).toMatchObject({ type: "text", text: "Romeo has a file for you.", wantsReceipt: false });
  expect(link).toEqual({
    type: "links",
    links: [{ url: URL, name: "summit.jpg", mediaType: "image/jpeg", size: 3_032_449, sha256: SHA }],
    id: linkId(),
    wantsReceipt: true,
  });
  expect(stream.sent[0]?.getChild("unstyled", "urn:xmpp:styling:0")).toBeDefined();
  const [body, oob] = [stream.sent[1]?.getChildText("body"), stream.sent[1]?.getChild("x", "jabber:x:oob")];
  expect([body, oob?.getChildText("url")]).toEqual([URL, URL]);
});

test("a receipt is the recipient's word that it is there", async () => {
  method.offer(order(client(true)), report);
  await receipt("eve@example.org/x");
  await receipt(BALCONY);
  await receipt(BALCONY);
  await clock.turn(60_000);
  expect(events).toEqual([{ type: "sent" }, { type: "reached" }]);
});

test("a receipt that is faster than our own socket is told after it", async () => {
  stream.onSend = () => {
    if (stream.sent.length === 2) queueMicrotask(() => void receipt(BALCONY));
  };
  method.offer(order(client(true)), report);
  await settled();
  expect(events).toEqual([{ type: "sent" }, { type: "reached" }]);
});

test("silence of clients that give receipts means that nobody is there", async () => {
  method.offer(order(client(true), client(true)), report);
  await clock.turn(29_999);
  expect(events).toEqual([{ type: "sent" }]);
  await clock.turn(1);
  await receipt(BALCONY);
  await settled();
  expect(events).toEqual([{ type: "sent" }, { type: "unreached" }, { type: "reached" }]);
});

test.each([
  ["nobody is there", []],
  ["a client gives none", [client(false)]],
  ["a client is not known yet", [client(undefined)]],
  ["one of two gives none", [client(true), client(false)]],
])("silence means nothing when %s", async (_, resources) => {
  method.offer(order(...resources), report);
  await clock.turn(3_600_000);
  expect(events).toEqual([{ type: "sent" }]);
});

test("given back by the server", async () => {
  method.offer(order(client(true)), report);
  await bounce(linkId(), "eve@example.org");
  await bounce(stream.sent[0]?.attrs["id"]); // the line alone: the link decides
  await bounce(linkId());
  await clock.turn(60_000);
  expect(events).toEqual([{ type: "sent" }, { type: "bounced", condition: "service-unavailable" }]);
});

test("a stream that is down fails it", async () => {
  stream.online = false;
  method.offer(order(client(true)), report);
  await clock.turn(60_000);
  expect(events).toEqual([{ type: "failed", code: "offline" }]);
  expect(clock.waiting).toBe(0);
});

test("withdrawn, it reports nothing more and leaves nothing behind", async () => {
  const withdraw = method.offer(order(client(true)), report);
  withdraw();
  withdraw();
  await settled();
  expect(await receipt(BALCONY)).toBe(false);
  await clock.turn(60_000);
  expect(events).toEqual([]);
  expect(clock.waiting).toBe(0);
});
