/** Several files in one Jingle session, through the whole program: no client that Debian has sends them so, and so the peer is a script. */
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { randomBytes, randomUUID } from "node:crypto";
import { connected, speaksJingle } from "../harness/clients/jingle-peer.js";
import * as words from "../harness/clients/stream-words.js";
import { answerTo, goodBye, heard, IBB } from "../harness/clients/stream-words.js";
import { xml, xmppUser, type Element, type XmppUser } from "../harness/clients/xmppjs.js";
import { befriend, fetched, openPostOffice, sha256, type PostOffice } from "../harness/post-office.js";
import { startProsody } from "../harness/prosody.js";

jest.setTimeout(60_000);

let office: PostOffice;
let romeo: XmppUser;
let bot: string;
beforeAll(async () => {
  office = await openPostOffice(() => startProsody({ users: ["romeo"] }), { config: { limits: { file: "1 MiB" } } });
  await befriend(office.server, office.bot, "romeo");
  romeo = await xmppUser(office.server, "romeo");
  bot = `${office.bot}/restante`;
  speaksJingle(romeo);
});
afterAll(async () => {
  await romeo?.stop();
  await office?.close();
});

/** The contents that a stanza of ours names. */
const contentsOf = (iq: Element): Element[] => iq.getChild("jingle")!.getChildren("content");
const nameOf = ({ attrs }: Element): string => String(attrs["name"]);
const namesIn = (iq: Element): string[] => contentsOf(iq).map(nameOf);
const describe = (name: string, { length }: Uint8Array): Element => words.description(name, length);

/** The number under which one is kept, when it has been said. */
async function keeping(name: string): Promise<string> {
  const said = await romeo.waitMessage(office.bot, new RegExp(`I keep ${name}\\.bin.* as number \\d+`));
  return /as number (\d+)/.exec(said.getChildText("body")!)![1]!;
}

async function sendInBand(stream: string, bytes: Buffer): Promise<void> {
  expect(await answerTo(romeo, bot, words.open(stream))).toBe("ok");
  for (let seq = 0, at = 0; at < bytes.length; seq++, at += 4096)
    expect(await answerTo(romeo, bot, words.block(stream, seq, bytes.subarray(at, at + 4096)))).toBe("ok");
  expect(await answerTo(romeo, bot, xml("close", { xmlns: IBB, sid: stream }))).toBe("ok");
}

test("three files in one session, and one that is added: each is kept, and told of", async () => {
  const files = { a: randomBytes(300_000), b: randomBytes(20_000), c: randomBytes(123_456), d: randomBytes(5000) };
  const sid = randomUUID();
  const [a, b, c, d] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const offer = words.jingle(
    "session-initiate",
    sid,
    words.named("a", describe("a.bin", files.a), words.socksTransport(a)),
    words.named("b", describe("b.bin", files.b), words.inBandTransport(b)),
    words.named("huge", words.description("huge.bin", 2_000_000), words.socksTransport(randomUUID())),
    words.named("c", describe("c.bin", files.c), words.socksTransport(c)),
  );
  expect(await answerTo(romeo, bot, offer)).toBe("ok");
  const refused = await heard(romeo, "content-remove", sid);
  expect(namesIn(refused)).toEqual(["huge"]);
  expect(refused.getChild("jingle")!.getChild("reason")!.getChildText("text")).toMatch(/huge\.bin is too large/);
  const accept = await heard(romeo, "session-accept", sid);
  expect(namesIn(accept).sort()).toEqual(["a", "b", "c"]);

  const byOurHost = async (name: "a" | "c"): Promise<void> => {
    const answer = contentsOf(accept).find((content) => nameOf(content) === name)!;
    const socket = await connected(romeo, bot, sid, answer);
    socket.end(files[name]);
    socket.resume();
  };
  await byOurHost("c");
  const kept = new Map([["c", await keeping("c")]]);
  expect(await answerTo(romeo, bot, words.jingle("content-add", sid, words.named("d", describe("d.bin", files.d), words.inBandTransport(d))))).toBe("ok"); // prettier-ignore
  expect(namesIn(await heard(romeo, "content-accept", sid))).toEqual(["d"]);
  await Promise.all([sendInBand(b, files.b), sendInBand(d, files.d)]);
  await byOurHost("a");
  expect(await goodBye(romeo, sid)).toBe("success");

  const received = romeo.stanzas.flatMap((iq) => iq.getChild("jingle")?.getChild("received", words.FILE_TRANSFER) ?? []); // prettier-ignore
  expect(received.map(nameOf).sort()).toEqual(["a", "b", "c", "d"]);
  for (const name of ["a", "b", "d"]) kept.set(name, await keeping(name));
  for (const [name, bytes] of Object.entries(files)) {
    await romeo.say(office.bot, `get ${kept.get(name)!}`);
    const link = await romeo.waitMessage(office.bot, new RegExp(`^http\\S+/${name}\\.bin`));
    expect(await fetched(link.getChildText("body")!.split(/\s/)[0]!)).toBe(sha256(bytes));
  }
});
