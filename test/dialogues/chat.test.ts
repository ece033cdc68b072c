import { beforeEach, expect, test } from "@jest/globals";
import type { IncomingLink, Office } from "../../component/control/ports.js";
import { type Jid, bare } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import { Chat } from "../../component/messenger/chat.js";
import { type Fate, Fates } from "../../component/messenger/methods/fates.js";
import type { Element } from "../../component/messenger/stanza.js";
import { FakeClock, settled } from "../harness/fake-clock.js";
import { FakeStream } from "../harness/fake-stream.js";

const BOT = "bot@files.example.org";
const ROMEO = "romeo@example.org/orchard";
const URL = "https://upload.example.org/s/summit.jpg";

/** Writes down what it hears; a test may hold an answer back. */
class Desk implements Pick<Office, "text" | "links" | "encrypted"> {
  readonly heard: unknown[][] = [];
  hold: (text: string) => Promise<void> = async () => {};
  async text(from: Jid, to: Jid, text: string): Promise<void> {
    this.heard.push([from, to, text]);
    await this.hold(text);
  }
  isThere = true;
  async links(from: Jid, to: Jid, links: readonly IncomingLink[]): Promise<boolean> {
    this.heard.push([from, to, links]);
    return this.isThere;
  }
  async encrypted(from: Jid, to: Jid, scheme: string): Promise<void> {
    this.heard.push([from, to, scheme]);
  }
}

let stream: FakeStream;
let clock: FakeClock;
let fates: Fates;
let desk: Desk;
let chat: Chat;
beforeEach(() => {
  stream = new FakeStream();
  clock = new FakeClock();
  fates = new Fates(clock);
  desk = new Desk();
  const office = desk as unknown as Office;
  chat = new Chat({ router: stream, stream, office, fates, clock, log: createLog("silent") });
  chat.start();
});

const say = (body: string, { from = ROMEO, to = BOT, id = "m1", more = "" } = {}): Promise<Element | boolean> =>
  stream.receive(`<message type='chat' from='${from}' to='${to}' id='${id}'><body>${body}</body>${more}</message>`);
const attrsOf = (stanza: Element | undefined): Record<string, unknown> => stanza?.attrs as Record<string, unknown>;
const REQUEST = "<request xmlns='urn:xmpp:receipts'/>";

test("a link that is said twice is one; said again because nothing could come of it, it is another", async () => {
  const twice = async (): Promise<number> => {
    for (const id of ["a", "b"]) {
      await say(URL, { id, more: `<x xmlns='jabber:x:oob'><url>${URL}</url></x>` });
      await settled();
    }
    return desk.heard.splice(0).length;
  };
  desk.isThere = false;
  expect(await twice()).toBe(2);
  desk.isThere = true;
  expect(await twice()).toBe(1);
});

test("words, links and what cannot be read reach the office with the address that was addressed", async () => {
  const juliet = "juliet\\40example.org@files.example.org";
  expect(await say("list")).toBe(true);
  expect(await say(URL, { to: juliet })).toBe(true);
  expect(await say("x", { more: "<encryption xmlns='urn:xmpp:eme:0' namespace='urn:xmpp:otr:0'/>" })).toBe(true);
  await chat.stop();
  expect(desk.heard).toEqual([
    [ROMEO, BOT, "list"],
    [ROMEO, juliet, [{ url: URL }]],
    [ROMEO, BOT, "OTR"],
  ]);
  expect(stream.sent).toEqual([]);
});

test("a file that Dino announces and then sources is one file with all that is known of it", async () => {
  await stream.receive(`<message type='chat' from='${ROMEO}' to='${BOT}' id='d1'><file-sharing xmlns='urn:xmpp:sfs:0' id='f1'>
    <file xmlns='urn:xmpp:file:metadata:0'><name>summit.jpg</name><size>7</size></file></file-sharing>${REQUEST}</message>`);
  await say(URL, {
    id: "d2",
    more: `<x xmlns='jabber:x:oob'><url>${URL}</url></x><attach-to xmlns='urn:xmpp:message-attaching:1' id='d1'/>
      <sources xmlns='urn:xmpp:sfs:0' id='f1'><url-data xmlns='http://jabber.org/protocol/url-data' target='${URL}'/></sources>`,
  });
  await say(URL, { id: "d3" });
  await chat.stop();
  expect(desk.heard).toEqual([[ROMEO, BOT, [{ url: URL, name: "summit.jpg", size: 7 }]]]);
});

test("a receipt goes out when the office has dealt with the message, from where it went, to where it came from", async () => {
  let done = (): void => {};
  desk.hold = () => new Promise((resolve) => (done = resolve));
  await say("list", { more: REQUEST, to: `${BOT}/restante` });
  await settled();
  expect(stream.sent).toEqual([]);
  done();
  await chat.stop();
  const [receipt, ...rest] = stream.sent;
  expect(rest).toEqual([]);
  expect(attrsOf(receipt)).toEqual({ type: "chat", id: expect.any(String), from: `${BOT}/restante`, to: ROMEO });
  expect(receipt?.children.map(String)).toEqual(['<received xmlns="urn:xmpp:receipts" id="m1"/>']);
});

test.each([
  ["our own domain", "juliet\\40example.org@files.example.org"],
  ["ourselves", `${BOT}/restante`],
  ["a server", "example.org"],
  ["a server's announcements", "example.org/announce"],
])("%s is taken, but neither heard nor answered", async (_, from) => {
  expect(await say("list", { from, more: REQUEST })).toBe(true);
  await chat.stop();
  expect(desk.heard).toEqual([]);
  expect(stream.sent).toEqual([]);
});

test("receipts and errors go to whoever waits for them, and to nobody else", async () => {
  const told: Fate[] = [];
  fates.watch(bare(ROMEO), "x1", (fate) => told.push(fate));
  fates.watch(bare(ROMEO), "x2", (fate) => told.push(fate));
  const received = "<received xmlns='urn:xmpp:receipts' id='x1'/>";
  const gone = "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error><body>list</body>";
  expect(await stream.receive(`<message from='eve@example.org/x' to='${BOT}'>${received}</message>`)).toBe(false);
  expect(await stream.receive(`<message from='${ROMEO}' to='${BOT}'>${received}</message>`)).toBe(true);
  const bounce = `<message type='error' id='x2' from='romeo@example.org' to='${BOT}'>${gone}</message>`;
  expect(await stream.receive(bounce)).toBe(true);
  expect(await stream.receive(bounce)).toBe(false);
  expect(told).toEqual([{ type: "reached" }, { type: "bounced", condition: "gone" }]);
  expect(desk.heard).toEqual([]);
  expect(stream.sent).toEqual([]);
});

test("what is none of ours is left to others", async () => {
  expect(
    await stream.receive(`<message type='groupchat' from='${ROMEO}' to='${BOT}'><body>list</body></message>`),
  ).toBe(false);
  expect(
    await stream.receive(
      `<message type='chat' from='${ROMEO}' to='${BOT}'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`,
    ),
  ).toBe(false);
});

test("one sender's messages are dealt with in order, others' meanwhile", async () => {
  const waiting: (() => void)[] = [];
  desk.hold = (text) => (text === "first" ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve());
  await say("first");
  await say("second", { from: "romeo@example.org/phone" });
  await say("other", { from: "juliet@example.org/balcony" });
  await settled();
  expect(desk.heard.map(([, , text]) => text)).toEqual(["first", "other"]);
  waiting[0]?.();
  await chat.stop();
  expect(desk.heard.map(([, , text]) => text)).toEqual(["first", "other", "second"]);
});

test("too much at once is refused, once until there is a turn again", async () => {
  const waiting: (() => void)[] = [];
  desk.hold = () => new Promise((resolve) => waiting.push(resolve));
  for (let i = 0; i < 23; i++) await say(`line ${i}`, { id: `m${i}`, more: REQUEST });
  await settled();
  const refusals = stream.take();
  expect(refusals.map(attrsOf)).toEqual([{ type: "error", from: BOT, to: ROMEO, id: "m20" }]);
  expect(refusals[0]?.getChild("error")?.getChild("policy-violation")).toBeDefined();
  waiting.shift()?.();
  await settled();
  await say("again", { id: "m23" });
  await say("and again", { id: "m24" });
  await say("and again", { id: "m25" });
  expect(
    stream
      .take()
      .filter((stanza) => attrsOf(stanza)["type"] === "error")
      .map(attrsOf),
  ).toEqual([{ type: "error", from: BOT, to: ROMEO, id: "m24" }]);
  desk.hold = async () => {};
  waiting.shift()?.();
  await chat.stop();
  expect(desk.heard).toHaveLength(21);
  expect(desk.heard.at(-1)?.[2]).toBe("again");
});

test("a correction is run as the corrected command, unless nothing was corrected", async () => {
  const corrects = "<replace xmlns='urn:xmpp:message-correct:0' id='a'/>";
  await say("send 1 to julie@example.org", { id: "a" });
  await say("send 1 to juliet@example.org", { id: "b", more: corrects });
  await say("send 1 to juliet@example.org", { id: "c", more: corrects });
  await chat.stop();
  expect(desk.heard.map(([, , text]) => text)).toEqual(["send 1 to julie@example.org", "send 1 to juliet@example.org"]);
});

test("while it stops it refuses what comes, and ends what it has", async () => {
  let done = (): void => {};
  desk.hold = () => new Promise((resolve) => (done = resolve));
  await say("list", { more: REQUEST });
  const stopped = chat.stop();
  await say("status", { id: "m2" });
  expect(stream.take().map(attrsOf)).toEqual([{ type: "error", from: BOT, to: ROMEO, id: "m2" }]);
  done();
  await stopped;
  expect(stream.sent).toHaveLength(1);
  expect(desk.heard).toHaveLength(1);
});

test("an office that breaks its promise costs that message its receipt, and nothing else", async () => {
  desk.hold = (text) => (text === "bad" ? Promise.reject(new Error("a bug")) : Promise.resolve());
  await say("bad", { more: REQUEST });
  await say("good", { id: "m2", more: REQUEST });
  await chat.stop();
  expect(stream.sent.map((stanza) => stanza.getChild("received")?.attrs["id"] as unknown)).toEqual(["m2"]);
});

test("a stream that is down while a receipt goes out does no harm", async () => {
  desk.hold = async () => void (stream.online = false);
  await say("list", { more: REQUEST });
  await chat.stop();
  expect(stream.sent).toEqual([]);
});
