import { beforeEach, expect, test } from "@jest/globals";
import type { Resource, Whereabouts } from "../../component/control/ports.js";
import { Tongues } from "../../component/control/people/tongues.js";
import { type FullJid, type Jid, bare, bareOf, toJid } from "../../component/lib/jid.js";
import { Fates } from "../../component/messenger/methods/fates.js";
import { StreamSpeaker } from "../../component/messenger/speaker.js";
import type { Element } from "../../component/messenger/stanza.js";
import { FakeClock } from "../harness/fake-clock.js";
import { FakeStream } from "../harness/fake-stream.js";

const CONTACT = bare("bot@files.example.org");
const JULIET = bare("juliet@example.org");
const at = (resource: string): FullJid => toJid(`${JULIET}/${resource}`) as FullJid;
const CORRECT = "urn:xmpp:message-correct:0";

let stream: FakeStream;
let clock: FakeClock;
let fates: Fates;
let online: Resource[];
let speaker: StreamSpeaker;
let tongues: Tongues;
beforeEach(() => {
  stream = new FakeStream();
  clock = new FakeClock();
  fates = new Fates(clock);
  tongues = new Tongues();
  online = [];
  const whereabouts = {
    resources: (jid: Jid) => online.filter((resource) => bareOf(resource.jid) === jid),
  } as unknown as Whereabouts;
  speaker = new StreamSpeaker({ stream, whereabouts, fates, contact: CONTACT, tongues, clock });
});

const client = (name: string, can: boolean | undefined): Resource => ({
  jid: at(name),
  stay: 1,
  priority: 0,
  show: "",
  software: undefined,
  isKnown: true,
  can: (feature) => (feature === CORRECT ? can : false),
});
const UNSTYLED = "urn:xmpp:styling:0";
/** A message of our own words as [text, what it replaces, other children]. */
const read = (stanza: Element): unknown[] => [
  stanza.getChildText("body"),
  stanza.getChild("replace", CORRECT)?.attrs["id"],
  ...stanza
    .getChildElements()
    .flatMap((child) => (["body", "replace", "unstyled"].includes(child.getName()) ? [] : [String(child)])),
];
const idOf = (stanza: Element | undefined): string => String(stanza?.attrs["id"]);
const NO_STORE = '<no-store xmlns="urn:xmpp:hints"/>';

test("says a line from the contact, or from the address that was addressed", async () => {
  await speaker.say(JULIET, "Hello <&> you");
  await speaker.say(at("balcony"), "Yes.", toJid("romeo\\40example.org@files.example.org"));
  expect(stream.sent.map((stanza) => stanza.attrs as unknown)).toEqual([
    { type: "chat", id: expect.any(String), from: CONTACT, to: JULIET, "xml:lang": "en" },
    {
      type: "chat",
      id: expect.any(String),
      from: "romeo\\40example.org@files.example.org",
      to: at("balcony"),
      "xml:lang": "en",
    },
  ]);
  expect(stream.sent.map(read)).toEqual([
    ["Hello <&> you", undefined],
    ["Yes.", undefined],
  ]);
  expect(idOf(stream.sent[0])).not.toBe(idOf(stream.sent[1]));
});

test("what it says is shown as it stands, names with _ and * too; people's own words keep their styles", async () => {
  await speaker.say(JULIET, "I keep _final_ *v2*.odt.");
  await speaker.tell(JULIET, "~done~", undefined, "n1");
  await speaker.pass(JULIET, "*Now*!", CONTACT, { id: "p1" }, () => {});
  const isUnstyled = stream.sent.map((stanza) => stanza.getChild("unstyled", UNSTYLED) !== undefined);
  expect(isUnstyled).toEqual([true, true, false]);
});

test("a stream that is down is a refusal", async () => {
  stream.online = false;
  await expect(speaker.say(JULIET, "Hello")).rejects.toMatchObject({ code: "offline" });
  await expect(speaker.ask(JULIET, "Hello", () => {})).rejects.toMatchObject({ code: "offline" });
  await expect(speaker.progress(JULIET).end("Done")).rejects.toMatchObject({ code: "offline" });
});

test("an invitation that comes back is told, one that arrives is not", async () => {
  const told: string[] = [];
  await speaker.ask(JULIET, "Somebody has a file for you.", (condition) => told.push(condition));
  await speaker.ask(JULIET, "Somebody has a file for you.", (condition) => told.push(condition));
  fates.reached(at("balcony"), idOf(stream.sent[0]));
  fates.bounced(JULIET, idOf(stream.sent[1]), "item-not-found");
  expect(told).toEqual(["item-not-found"]);
});

test("hands a file as a message that every client takes for one", async () => {
  const file = { name: "summit & co.jpg", size: 7, mediaType: "image/jpeg", sha256: "00".repeat(32) };
  await speaker.hand(at("balcony"), "https://files.example.org/d/abc/summit.jpg?x&y", file, CONTACT);
  const url = "https://files.example.org/d/abc/summit.jpg?x&amp;y";
  expect(stream.sent[0]?.children.map(String)).toEqual([
    `<body>${url}</body>`,
    `<x xmlns="jabber:x:oob"><url>${url}</url></x>`,
    '<file-sharing xmlns="urn:xmpp:sfs:0" disposition="attachment"><file xmlns="urn:xmpp:file:metadata:0">' +
      "<media-type>image/jpeg</media-type><name>summit &amp; co.jpg</name><size>7</size>" +
      `<hash xmlns="urn:xmpp:hashes:2" algo="sha-256">${"A".repeat(43)}=</hash></file>` +
      `<sources><url-data xmlns="http://jabber.org/protocol/url-data" target="${url}"/></sources></file-sharing>`,
    '<fallback xmlns="urn:xmpp:fallback:0" for="urn:xmpp:sfs:0"><body/></fallback>',
    '<store xmlns="urn:xmpp:hints"/>',
  ]);
});

test("a line replaces itself where the client can: at a measured pace, always its first id, and the last word at once", async () => {
  online = [client("balcony", true)];
  const line = speaker.progress(at("balcony"), CONTACT);
  line.update("10 %");
  line.update("20 %");
  line.update("30 %");
  expect(stream.sent.map(read)).toEqual([["10 %", undefined]]);
  const first = idOf(stream.sent[0]);
  await clock.turn(1999);
  expect(stream.sent).toHaveLength(1);
  await clock.turn(1);
  line.update("40 %");
  await clock.turn(2000);
  line.update("50 %");
  await line.end("Done.");
  line.update("late");
  await line.end("later");
  await clock.turn(60_000);
  expect(stream.sent.map(read)).toEqual([
    ["10 %", undefined],
    ["30 %", first, NO_STORE],
    ["40 %", first, NO_STORE],
    ["Done.", first],
  ]);
  expect(new Set(stream.sent.map(idOf)).size).toBe(4);
  expect(clock.waiting).toBe(0);
});

test.each([
  ["cannot", false],
  ["is not known yet", undefined],
])("a client that %s is told the first state and the last, as lines of their own", async (_, can) => {
  online = [client("balcony", can)];
  const line = speaker.progress(at("balcony"));
  for (const text of ["10 %", "20 %", "30 %"]) {
    line.update(text);
    await clock.turn(2000);
  }
  await line.end("Done.");
  expect(stream.sent.map(read)).toEqual([
    ["10 %", undefined],
    ["Done.", undefined],
  ]);
});

test("to a bare address all clients must be able to, to a full one that one", async () => {
  online = [client("balcony", true), client("garden", false)];
  const [toAll, toOne, toGone] = [JULIET, at("balcony"), at("attic")].map((to) => speaker.progress(to));
  for (const line of [toAll, toOne, toGone]) {
    line?.update("10 %");
    await line?.end("Done.");
  }
  expect(stream.sent.map((stanza) => stanza.getChild("replace") !== undefined)).toEqual([
    false,
    false,
    false,
    true,
    false,
    false,
  ]);
});

test("a client that leaves meanwhile gets the last word as a line of its own", async () => {
  online = [client("balcony", true)];
  const line = speaker.progress(at("balcony"));
  line.update("10 %");
  online = [];
  await line.end("Done.");
  expect(stream.sent.map(read)).toEqual([
    ["10 %", undefined],
    ["Done.", undefined],
  ]);
});

test("a line that had nothing to say before its last word is that word", async () => {
  await speaker.progress(JULIET).end("Done.");
  expect(stream.sent.map(read)).toEqual([["Done.", undefined]]);
  expect(clock.waiting).toBe(0);
});

test("a slow stream is not given more states than it takes, and a lost one does no harm", async () => {
  online = [client("balcony", true)];
  let take = (): void => {};
  const send = stream.send.bind(stream);
  stream.send = async (stanza) => {
    await new Promise<void>((resolve) => (take = resolve));
    await send(stanza);
  };
  const line = speaker.progress(at("balcony"));
  line.update("10 %");
  await clock.turn(2000);
  line.update("20 %");
  line.update("30 %");
  await clock.turn(2000);
  take();
  await clock.turn(0);
  take();
  await clock.turn(0);
  expect(stream.sent.map((stanza) => stanza.getChildText("body"))).toEqual(["10 %", "30 %"]);
  stream.send = () => Promise.reject(new Error("lost"));
  line.update("40 %");
  await clock.turn(2000);
  stream.send = send;
  await line.end("Done.");
  expect(stream.sent.map((stanza) => stanza.getChildText("body"))).toEqual(["10 %", "30 %", "Done."]);
});

test("introduces: settles when a client has the line, and does not wait for ever, nor where no client would say so", async () => {
  const RECEIPTS = "urn:xmpp:receipts";
  let settledOnes = 0;
  const introduce = async (text: string): Promise<void> => {
    void speaker.introduce(JULIET, text).then(() => settledOnes++);
    await clock.turn(0);
  };
  await introduce("to nobody who confirms");
  expect([settledOnes, stream.sent[0]?.getChild("request", RECEIPTS)]).toEqual([1, undefined]);

  online = [{ ...client("balcony", false), can: (feature) => feature === RECEIPTS }];
  await introduce("to a client that does");
  expect([settledOnes, stream.sent[1]?.getChild("request", RECEIPTS)]).toEqual([1, expect.anything()]);
  fates.reached(at("balcony"), idOf(stream.sent[1]));
  await clock.turn(0);
  expect(settledOnes).toBe(2);

  await introduce("in vain");
  await clock.turn(3000);
  expect(settledOnes).toBe(3);

  stream.online = false;
  await introduce("into a stream that is down");
  expect([settledOnes, clock.waiting]).toEqual([4, 0]);
});
