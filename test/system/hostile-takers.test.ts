/** Recipients who accept what they cannot have, or say that they have what they have not: nothing is delivered by it, and the link is next. */
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { contentOf, sendByJingle, speaksJingle, takesJingle } from "../harness/clients/jingle-peer.js";
import { receiveBySi, takesSi } from "../harness/clients/si-peer.js";
import * as words from "../harness/clients/stream-words.js";
import { answerTo } from "../harness/clients/stream-words.js";
import { xml, xmppUser, type Element, type XmppUser } from "../harness/clients/xmppjs.js";
import { openHostileOffice, type HostileOffice, type Person } from "../harness/hostile-office.js";

const SIZE = 1000;
const PROFILE = `${words.SI}/profile/file-transfer`;

let office: HostileOffice;
let bot: string;
let romeo: Person;
let juliet: XmppUser;
beforeAll(async () => {
  office = await openHostileOffice(() => ({ config: { limits: { commands: 10_000 } } }));
  bot = `${office.bot}/restante`;
  romeo = await office.person("romeo");
  speaksJingle(romeo);
  await romeo.subscribe(office.bot);
}, 60_000);
afterEach(async () => {
  await juliet?.stop();
  await office.serves();
});
afterAll(() => office?.close());

/** Juliet's answer to an offer by SI. */
const siAnswer = (range?: Record<string, string>): Element => {
  const form = xml("x", { xmlns: "jabber:x:data", type: "submit" }, xml("field", { var: "stream-method" }, xml("value", {}, words.BYTESTREAMS))); // prettier-ignore
  const file = range && xml("file", { xmlns: PROFILE }, xml("range", range));
  return xml("si", { xmlns: words.SI }, ...(file ? [file] : []), xml("feature", { xmlns: "http://jabber.org/protocol/feature-neg" }, form)); // prettier-ignore
};

/** She takes files by SI, and answers each offer and each list of hosts so. */
async function bySi(answer: Element, hosts: (iq: Element) => Element | undefined = () => undefined): Promise<void> {
  juliet.answer("set", words.SI, "si", async () => answer);
  juliet.answer("set", words.BYTESTREAMS, "query", async (iq) => hosts(iq));
  await takesSi(juliet);
}

/** She takes files by Jingle, and does this about each offer. */
async function byJingle(about: (sid: string, offer: Element) => Promise<unknown>): Promise<void> {
  juliet.answer("set", words.JINGLE, "jingle", async (iq) => {
    const { action, sid } = iq.getChild("jingle")!.attrs as Record<string, string>;
    if (action === "session-initiate") void about(sid!, contentOf(iq));
    return undefined;
  });
  await takesJingle(juliet);
}

const accept = (sid: string, offer: Element, range: Record<string, string>, transport?: Element): Promise<string> => {
  const stream = String(offer.getChild("transport")!.attrs["sid"]);
  const wanted = words.content(words.description("f.bin", SIZE, xml("range", range)), transport ?? words.socksTransport(stream)); // prettier-ignore
  return answerTo(juliet, bot, words.jingle("session-accept", sid, wanted));
};

const CASES: readonly (readonly [string, () => Promise<void>])[] = [
  ["SI: from behind the end", () => bySi(siAnswer({ offset: String(SIZE + 1) }))],
  ["SI: more than there is", () => bySi(siAnswer({ offset: "1", length: String(SIZE) }))],
  ["SI: a host that was not named", () => bySi(siAnswer(), (iq) => xml("query", { xmlns: words.BYTESTREAMS, sid: String(iq.getChild("query")!.attrs["sid"]) }, xml("streamhost-used", { jid: romeo.jid })))], // prettier-ignore
  ["SI: no host at all", () => bySi(siAnswer(), () => undefined)],
  ["Jingle: from behind the end", () => byJingle((sid, offer) => accept(sid, offer, { offset: String(SIZE + 1) }))],
  ["Jingle: a piece of it", () => byJingle((sid, offer) => accept(sid, offer, { offset: "10", length: "10" }))],
  ["Jingle: over something else", () => byJingle((sid, offer) => accept(sid, offer, {}, words.inBandTransport("other")))], // prettier-ignore
  [
    "Jingle: a candidate that was not named",
    () =>
      byJingle(async (sid, offer) => {
        await accept(sid, offer, {});
        const stream = String(offer.getChild("transport")!.attrs["sid"]);
        const used = words.content(words.socksTransport(stream, xml("candidate-used", { cid: "none of them" })));
        await answerTo(juliet, bot, words.jingle("transport-info", sid, used));
        // In-band is what is proposed then.
        await words.heard(juliet, "transport-replace", sid);
        await answerTo(juliet, bot, words.jingle("transport-reject", sid, words.content(words.socksTransport(stream))));
      }),
  ],
  [
    "Jingle: had without a byte",
    () =>
      byJingle(async (sid, offer) => {
        await accept(sid, offer, {});
        await answerTo(juliet, bot, words.jingle("session-info", sid, xml("received", { xmlns: words.FILE_TRANSFER, creator: "initiator", name: "file" }))); // prettier-ignore
        await answerTo(juliet, bot, words.terminate(sid, "success"));
      }),
  ],
];

test.each(CASES)(
  "%s",
  async (what, begin) => {
    const name = `${what.replaceAll(/\W+/g, "-")}.bin`;
    const bytes = randomBytes(SIZE);
    await sendByJingle(romeo, bot, name, bytes);
    const kept = (await romeo.waitMessage(office.bot, new RegExp(`I keep ${name}`))).getChildText("body")!;
    const number = /as number (\d+)/.exec(kept)![1]!;
    await romeo.ask(`send ${number} to juliet@${office.server.domain}`, /waits for/);

    juliet = await xmppUser(office.server, "juliet", { resource: `r${number}`, available: false });
    await juliet.subscribe(office.bot);
    await begin();
    const url = (await juliet.waitMessage(office.bot, new RegExp(`^http.*/${name}$`), 20_000)).getChildText("body")!;
    expect(await romeo.ask(`status ${number}`, new RegExp(`\\(number ${number}\\):\n`))).not.toMatch(
      /· (delivered|on its way) ·/,
    );
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true);
    await romeo.waitMessage(office.bot, new RegExp(`^juliet@\\S+ has ${name}`));
  },
  40_000,
);

test("who wants a piece of it by SI gets that piece, and has not got the file", async () => {
  const bytes = randomBytes(SIZE);
  await sendByJingle(romeo, bot, "piece.bin", bytes);
  const kept = (await romeo.waitMessage(office.bot, /I keep piece\.bin/)).getChildText("body")!;
  const number = /as number (\d+)/.exec(kept)![1]!;
  juliet = await xmppUser(office.server, "juliet", { resource: "piece", available: false });
  const got: Buffer[] = [];
  const piece = new Promise<void>((resolve) => {
    // Her first answer wants ten bytes from the middle; what she does about later offers is of no interest.
    const user = Object.create(juliet, { answer: { value: (type: "set", ns: string, word: string, reply: (iq: Element) => Promise<Element | undefined>) =>
      juliet.answer(type, ns, word, async (iq) => {
        const answer = await reply(iq);
        if (word === "si") answer!.getChild("file")!.getChild("range")!.attrs["length"] = "10";
        return answer;
      }) } }) as XmppUser; // prettier-ignore
    receiveBySi(user, () => ({ from: 500, until: Infinity, sink: (part) => void got.push(Buffer.from(part)), ended: () => resolve() })); // prettier-ignore
  });
  await takesSi(juliet);
  await romeo.ask(`send ${number} to juliet@${office.server.domain}`, /waits for|offered/);
  await piece;
  expect(Buffer.concat(got).subarray(0, 10).equals(bytes.subarray(500, 510))).toBe(true);
  expect(await romeo.ask(`status ${number}`, new RegExp(`\\(number ${number}\\):\n`))).not.toMatch(/delivered/);
}, 40_000);
