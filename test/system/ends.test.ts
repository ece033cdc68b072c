/** Files that end, in the real program over Prosody, with times of seconds: reminded of, put off by the recipient, over in the end; or gone by themselves. */
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { xml, xmppUser, type XmppUser } from "../harness/clients/xmppjs.js";
import { befriend, fetched, openPostOffice, sha256, type PostOffice } from "../harness/post-office.js";
import { startProsody } from "../harness/prosody.js";
import { startSlowSource, type SlowSource } from "../harness/slow-source.js";

jest.setTimeout(120_000);

/** Waits for what takes its time. */
const LONG = 60_000;

describe("Prosody", () => {
  const bytes = randomBytes(300_000);
  let office: PostOffice;
  let source: SlowSource;
  let romeo: XmppUser;
  beforeAll(async () => {
    source = await startSlowSource("plan.bin", bytes);
    source.hurry();
    const limits = { keep: "24 seconds", remind: "10 seconds" };
    office = await openPostOffice(() => startProsody(), { config: { limits } });
    await befriend(office.server, office.bot, "romeo", "juliet");
    romeo = await xmppUser(office.server, "romeo");
  }, 90_000);
  afterAll(async () => {
    await romeo?.stop();
    source?.close();
    await office?.close();
  });

  /** Romeo keeps it under this number. */
  async function keep(number: number): Promise<void> {
    const url = `${source.url}?${number}`; // a link that comes twice is one file
    const oob = xml("x", { xmlns: "jabber:x:oob" }, xml("url", {}, url));
    await romeo.send(xml("message", { to: office.bot, type: "chat", id: `f${number}` }, xml("body", {}, url), oob)); // prettier-ignore
    await romeo.waitMessage(office.bot, new RegExp(`^I keep plan\\.bin .* as number ${number}, until `));
  }

  test("once: gone when she has it, with a word to him", async () => {
    const { bot, server } = office;
    await keep(1);
    await romeo.say(bot, "once 1");
    await romeo.waitMessage(bot, /^plan\.bin \(number 1\) goes by itself as soon as everybody/);
    await romeo.say(bot, "send 1 to juliet@example.test");
    const juliet = await xmppUser(server, "juliet");
    const url = (await juliet.waitMessage(bot, /^http/)).getChildText("body")!;
    expect(await fetched(url)).toBe(sha256(bytes));
    await romeo.waitMessage(bot, /^juliet@example\.test has plan\.bin \(number 1\)/);
    await romeo.waitMessage(bot, /^Everybody to whom you sent plan\.bin \(number 1\) has it, so it is gone/, LONG);
    expect((await fetch(url)).status).toBe(404);
    await romeo.say(bot, "get 1");
    await romeo.waitMessage(bot, /You have no file number 1/);
    await juliet.stop();
  });

  test("both are reminded, she has it kept longer; both are reminded again, and then it ends", async () => {
    const { bot, server } = office;
    await keep(2);
    await romeo.say(bot, "send 2 to juliet@example.test");
    await romeo.waitMessage(bot, /^juliet@example\.test has not fetched plan\.bin \(number 2\) yet/, LONG);
    const juliet = await xmppUser(server, "juliet");
    const url = (await juliet.waitMessage(bot, /^http/)).getChildText("body")!;
    await juliet.waitMessage(bot, /^plan\.bin .* from romeo@example\.test still waits for you, until .*“keep 2”/);
    await juliet.say(bot, "keep 2");
    await juliet.waitMessage(bot, /^I keep plan\.bin from romeo@example\.test for you until/);
    await romeo.waitMessage(bot, /^juliet@example\.test would like to have plan\.bin \(number 2\) for longer/);
    const again = juliet.waitMessage(bot, /still waits for you/, LONG);
    await romeo.waitMessage(bot, /^juliet@example\.test has not fetched plan\.bin \(number 2\) yet/, LONG);
    await again;
    expect((await fetch(url, { method: "HEAD" })).status).toBe(200);
    await romeo.waitMessage(bot, /^plan\.bin \(number 2\) was not fetched by juliet@example\.test in time/, LONG);
    expect((await fetch(url)).status).toBeGreaterThanOrEqual(404);
    await romeo.say(bot, "list");
    await romeo.waitMessage(bot, /^You keep 0 files/);
    expect(romeo.stanzas.filter((s) => /not fetched plan/.test(s.getChildText("body") ?? "")).length).toBe(2);
    await juliet.stop();
  });
});
