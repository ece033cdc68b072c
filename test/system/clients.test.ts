/** The drivers of real clients: each logs in, and each exchanges lines and a file with another kind through a real Prosody. */
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dino } from "../harness/clients/dino.js";
import { gajim } from "../harness/clients/gajim.js";
import { goSendxmpp } from "../harness/clients/go-sendxmpp.js";
import { profanity } from "../harness/clients/profanity.js";
import { psi } from "../harness/clients/psi.js";
import { purple } from "../harness/clients/purple.js";
import { qxmpp } from "../harness/clients/qxmpp.js";
import { slixmpp } from "../harness/clients/slixmpp.js";
import { xmppUser } from "../harness/clients/xmppjs.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

jest.setTimeout(120_000);

let prosody: Prosody;
let folder: TempFolder;
let letter: string;

beforeAll(async () => {
  prosody = await startProsody();
  folder = await tempFolder();
  letter = join(folder.path, "letter.txt");
  await writeFile(letter, "These violent delights have violent ends\n");
});
afterAll(async () => {
  await prosody.remove();
  await folder.remove();
});

test("libpurple and a scripted user", async () => {
  const romeo = await purple(prosody, "romeo");
  const juliet = await xmppUser(prosody, "juliet");
  await romeo.subscribe(juliet.bare);
  await romeo.waitFor(/^PRESENCE juliet@example.test available/);
  await romeo.say(juliet.bare, "a < b & c");
  await juliet.waitMessage(romeo.jid, /^a < b & c$/);
  await juliet.say(romeo.jid, "two\nlines");
  await romeo.waitFor(/^MESSAGE juliet@example.test\S* two\\nlines$/);
  await juliet.stop();
  await romeo.close();
});

test("libpurple sends a file to libpurple", async () => {
  const romeo = await purple(prosody, "romeo");
  const juliet = await purple(prosody, "juliet");
  await romeo.subscribe(juliet.jid);
  await romeo.waitFor(/^PRESENCE juliet@example.test available/);
  await romeo.sendFile(letter, `${juliet.jid}/purple`);
  const [, path] = await juliet.waitFor(/^RECEIVED (.*)/);
  expect(await readFile(path!, "utf8")).toBe(await readFile(letter, "utf8"));
  await romeo.waitFor(/^SENT /);
  await romeo.close();
  await juliet.close();
});

test("QXmpp and QXmpp: lines and receipts on all of one's clients, an upload, a file", async () => {
  const romeo = await qxmpp(prosody, "romeo");
  const [juliet, other] = [await qxmpp(prosody, "juliet"), await qxmpp(prosody, "juliet", { resource: "other" })];
  await romeo.subscribe(juliet.jid);
  await romeo.waitFor(/^PRESENCE juliet@example.test\/QXmpp available/);
  await romeo.say(`${juliet.jid}/QXmpp`, "two\nlines < &");
  await juliet.waitFor(/^MESSAGE romeo@example.test\/QXmpp two\\nlines < &$/);
  await other.waitFor(/^CARBON romeo@example.test\/QXmpp two\\nlines < &$/);
  await romeo.waitFor(/^RECEIPT juliet@example.test\/QXmpp /);
  await romeo.waitFor(/^SERVICE upload\.\S+ store\/file$/);
  await romeo.upload(letter, juliet.jid);
  await juliet.waitFor(/^MESSAGE \S+ (https\S+letter\.txt) OOB \1$/);
  await romeo.sendFile(letter, `${juliet.jid}/QXmpp`);
  const [, path] = await juliet.waitFor(/^RECEIVED (.*)/);
  expect(await readFile(path!)).toEqual(await readFile(letter));
  await romeo.waitFor(/^SENT .*letter\.txt$/);
  for (const client of [romeo, juliet, other]) await client.close();
});

test("slixmpp and a scripted user: lines, receipts, corrections, uploads", async () => {
  const romeo = await slixmpp(prosody, "romeo");
  const juliet = await xmppUser(prosody, "juliet");
  await romeo.subscribe(juliet.bare);
  await romeo.waitEvent((event) => event.event === "presence" && event.from === juliet.jid);
  await romeo.sayWith(juliet.bare, "12 %", { id: "one" });
  await romeo.sayWith(juliet.bare, "50 %", { replaces: "one" });
  await juliet.waitMessage(romeo.jid, /^12 %$/);
  const corrected = await juliet.waitMessage(romeo.jid, /^50 %$/);
  expect(corrected.getChild("replace")?.attrs.id).toBe("one");
  await romeo.sendFile(letter, juliet.bare);
  const link = await juliet.waitMessage(romeo.jid, /^https:\/\/127\.0\.0\.1:\d+\/.*letter\.txt$/);
  expect(link.getChild("x", "jabber:x:oob")?.getChildText("url")).toBe(link.getChildText("body"));
  await juliet.stop();
  await romeo.close();
});

test("go-sendxmpp sends lines and uploads to slixmpp, and listens", async () => {
  const nurse = await goSendxmpp(prosody, "nurse");
  const juliet = await slixmpp(prosody, "juliet");
  await nurse.say(juliet.jid, "madam!");
  await juliet.waitEvent((event) => event.event === "message" && event.body === "madam!");
  await nurse.sendFile(letter, juliet.jid);
  await juliet.waitEvent((event) => event.event === "message" && /letter\.txt$/.test(event.oob ?? ""));
  await juliet.say(nurse.jid, "anon");
  await nurse.waitFor(/anon/);
  await juliet.close();
  await nurse.close();
});

test("Profanity and slixmpp", async () => {
  const mercutio = await profanity(prosody, "mercutio");
  const juliet = await slixmpp(prosody, "juliet");
  await mercutio.say(juliet.jid, "a plague on both your houses");
  await juliet.waitEvent((event) => event.event === "message" && /plague/.test(event.body ?? ""));
  await juliet.say(mercutio.jid, "good night");
  await mercutio.waitFor(/juliet.*good night/);
  await juliet.close();
  await mercutio.close();
});

test("Gajim and slixmpp: lines, an upload, a picture of its window", async () => {
  const romeo = await gajim(prosody, "romeo");
  const juliet = await slixmpp(prosody, "juliet");
  await romeo.subscribe(juliet.jid);
  await romeo.waitFor(/^PRESENCE juliet@example.test\/slixmpp online/);
  await romeo.say(juliet.jid, "soft, what light");
  await juliet.waitEvent((event) => event.event === "message" && event.body === "soft, what light");
  await romeo.sendFile(letter, juliet.jid);
  await juliet.waitEvent((event) => event.event === "message" && /letter\.txt$/.test(event.oob ?? ""));
  await juliet.say(romeo.jid, "ay me");
  await romeo.waitFor(/^MESSAGE juliet@example.test\S* ay me$/);
  await romeo.open(juliet.jid);
  await romeo.shot(join(folder.path, "gajim.png"));
  expect((await stat(join(folder.path, "gajim.png"))).size).toBeGreaterThan(5_000);
  await juliet.close();
  await romeo.close();
});

test("Dino and Dino: lines, a file by upload, one above the server's limit by Jingle over SOCKS5", async () => {
  const small = await startProsody({ uploadLimit: 100_000 });
  const romeo = await dino(small, "romeo");
  const juliet = await dino(small, "juliet");
  await romeo.subscribe(juliet.jid);
  await juliet.subscribe(romeo.jid);
  await romeo.waitFor(/^PRESENCE juliet@example.test\/dino available/);
  await romeo.say(juliet.jid, "my\nlips, two blushing pilgrims");
  await juliet.waitFor(/^MESSAGE romeo@example.test\/dino my\\nlips, two blushing pilgrims$/);
  await romeo.sendFile(letter, juliet.jid);
  const [, linked] = await juliet.waitFor(/^RECEIVED (.*)/);
  expect(await readFile(linked!)).toEqual(await readFile(letter));
  const large = join(folder.path, "Ständchen 🎻.bin");
  await writeFile(large, randomBytes(300_000));
  await romeo.sendFile(large, juliet.jid);
  await juliet.waitFor(/^OFFER romeo@example.test\S* Ständchen 🎻.bin 300000$/);
  const [, streamed] = await juliet.waitFor(/^RECEIVED (.*)/);
  expect(await readFile(streamed!)).toEqual(await readFile(large));
  await romeo.waitFor(/^SENT Ständchen 🎻.bin$/);
  await romeo.close();
  await juliet.close();
  await small.remove();
});

// Over SOCKS5, Psi loses what it has not read yet when libpurple closes right behind its last byte.
test.each([
  ["lines, and a file by SOCKS5", false],
  ["lines, and a file in-band, and back", true],
])("Psi and libpurple: %s", async (_, ibbOnly) => {
  const romeo = await psi(prosody, "romeo", { ibbOnly });
  const juliet = await purple(prosody, "juliet");
  await romeo.subscribe(juliet.jid);
  await romeo.waitFor(/^PRESENCE juliet@example.test\/purple available/);
  await juliet.subscribe(romeo.jid);
  await juliet.waitFor(/^PRESENCE romeo@example.test available/);
  await romeo.say(juliet.jid, "it is the east & Juliet ☀");
  await juliet.waitFor(/^MESSAGE romeo@example.test\S* it is the east & Juliet ☀$/);
  const song = join(folder.path, "Königin Mab — 🧚 (2).bin");
  await writeFile(song, randomBytes(100_000));
  await romeo.sendFile(song, juliet.jid);
  const [, taken] = await juliet.waitFor(/^RECEIVED (.*)/);
  expect(await readFile(taken!)).toEqual(await readFile(song));
  if (ibbOnly) {
    await juliet.sendFile(song, `${romeo.jid}/psi`);
    const [, back] = await romeo.waitFor(/^RECEIVED (.*)/);
    expect(await readFile(back!)).toEqual(await readFile(song));
    await juliet.waitFor(/^SENT /);
  }
  await juliet.close();
  await romeo.close();
});
