/** The main job over real servers, step by step as people see it: every receipt once over a parcel's whole life, kept for who is away. */
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { xml, xmppUser, type XmppUser } from "../harness/clients/xmppjs.js";
import { startEjabberd } from "../harness/ejabberd.js";
import { befriend, fetched, openPostOffice, sha256, type PostOffice } from "../harness/post-office.js";
import { startProsody } from "../harness/prosody.js";
import { startSlowSource, type SlowSource } from "../harness/slow-source.js";

jest.setTimeout(60_000);

describe.each([
  ["Prosody", startProsody],
  ["ejabberd", startEjabberd],
] as const)("%s", (_, start) => {
  const bytes = randomBytes(1_200_000);
  let office: PostOffice<Awaited<ReturnType<typeof start>>>;
  let source: SlowSource;
  beforeAll(async () => {
    source = await startSlowSource("plan für Mantua.bin", bytes);
    source.hurry();
    office = await openPostOffice(() => start());
  }, 90_000);
  afterAll(async () => {
    source?.close();
    await office?.close();
  });

  const logIn = (user: string): Promise<XmppUser> => xmppUser(office.server, user);

  /** Logs out; answers everything that the bot said in this session. What it had to say has come before its answer to one more question. */
  async function logOut(user: XmppUser): Promise<string[]> {
    await user.say(office.bot, "block");
    await user.waitMessage(office.bot, /^You block nobody/);
    await user.stop();
    const said = user.stanzas.filter((s) => s.is("message") && String(s.attrs.from).startsWith(office.bot));
    return said.map((s) => s.getChildText("body") ?? "").slice(0, -1);
  }

  test("the contact is there for whoever adds it, and follows him", async () => {
    const romeo = await logIn("romeo");
    await romeo.subscribe(office.bot);
    const shown = await romeo.waitStanza((s) => s.is("presence") && s.attrs.from === `${office.bot}/restante`);
    expect(shown.getChild("c", "http://jabber.org/protocol/caps")?.attrs.hash).toBe("sha-1");
    await romeo.waitStanza((s) => s.is("presence") && s.attrs.type === "subscribe" && s.attrs.from === office.bot);
    await romeo.stop();
    await befriend(office.server, office.bot, "juliet", "mercutio");
  });

  test("kept, waiting, offered, delivered: both away in turn, and each told once", async () => {
    const { bot } = office;
    let romeo = await logIn("romeo");
    const oob = xml("x", { xmlns: "jabber:x:oob" }, xml("url", {}, source.url));
    await romeo.send(xml("message", { to: bot, type: "chat", id: "f" }, xml("body", {}, source.url), oob));
    await romeo.waitMessage(bot, /^I keep plan für Mantua\.bin \(1\.1 MiB\) as number 1, until /);
    await romeo.say(bot, "send 1 to juliet@example.test");
    await romeo.waitMessage(bot, /^plan für Mantua\.bin \(number 1\) waits for juliet@example\.test\./);
    expect((await logOut(romeo)).length).toBe(2);

    let juliet = await logIn("juliet");
    await juliet.waitMessage(bot, /^romeo@example\.test has a file for you: plan für Mantua\.bin \(1\.1 MiB\)\./);
    const offer = await juliet.waitMessage(bot, /^http/);
    const url = offer.getChildText("body")!;
    expect(offer.getChild("x", "jabber:x:oob")?.getChildText("url")).toBe(url);
    expect((await logOut(juliet)).length).toBe(2);
    juliet = await logIn("juliet");
    expect(await logOut(juliet)).toEqual([]); // it has been offered: no more of it
    expect(await fetched(url)).toBe(sha256(bytes));

    romeo = await logIn("romeo");
    await romeo.waitMessage(bot, /^juliet@example\.test has plan/);
    expect(await logOut(romeo)).toEqual([
      "plan für Mantua.bin (number 1) has been offered to juliet@example.test.",
      "juliet@example.test has plan für Mantua.bin (number 1).",
    ]);
    romeo = await logIn("romeo");
    expect(await logOut(romeo)).toEqual([]);
    expect(await fetched(url)).toBe(sha256(bytes)); // once more is no second receipt
    romeo = await logIn("romeo");
    expect(await logOut(romeo)).toEqual([]);
  });

  test("declined: the sender who is there is told at once, and once", async () => {
    const { bot } = office;
    const romeo = await logIn("romeo");
    await romeo.say(bot, "send 1 to mercutio@example.test");
    await romeo.waitMessage(bot, /waits for mercutio/);
    const mercutio = await logIn("mercutio");
    const url = (await mercutio.waitMessage(bot, /^http/)).getChildText("body")!;
    await romeo.waitMessage(bot, /has been offered to mercutio/);
    await mercutio.say(bot, "decline 1");
    await mercutio.waitMessage(bot, /^Declined/);
    await romeo.waitMessage(bot, /^mercutio@example\.test does not want plan für Mantua\.bin \(number 1\)\.$/);
    expect((await fetch(url)).status).toBe(410);
    await mercutio.say(bot, "decline 1");
    await mercutio.waitMessage(bot, /^Declined/); // and no second word to the sender
    await mercutio.stop();
    expect((await logOut(romeo)).length).toBe(3);
  });

  test("nobody there: the sender is told once, and not whether there is such an address", async () => {
    const { bot } = office;
    const romeo = await logIn("romeo");
    await romeo.say(bot, "send 1 to ghost@example.test");
    await romeo.waitMessage(bot, /I could not reach ghost@example\.test about plan für Mantua\.bin \(number 1\)\./);
    const said = await logOut(romeo);
    expect(said.sort()).toEqual([
      expect.stringMatching(/^I could not reach/),
      expect.stringMatching(/waits for ghost@example\.test/),
    ]);
  });
});
