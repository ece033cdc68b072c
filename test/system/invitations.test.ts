/** Somebody who has never met the bot: one short invitation, and then what she says counts. slixmpp on both sides. */
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { slixmpp, type Slixmpp } from "../harness/clients/slixmpp.js";
import { fetched, openPostOffice, type Letter, type PostOffice } from "../harness/post-office.js";
import { startProsody } from "../harness/prosody.js";

jest.setTimeout(60_000);

let office: PostOffice;
let romeo: Slixmpp;
const letters: Letter[] = [];

/** The next line from the bot that matches. */
async function hear(who: Slixmpp, text: RegExp): Promise<string> {
  return (await who.waitEvent((e) => e.event === "message" && text.test(e.body ?? ""))).body!;
}
const fromBot = (who: Slixmpp): string[] => who.lines.filter((line) => line.includes('"event": "message"'));

beforeAll(async () => {
  office = await openPostOffice(() => startProsody());
  romeo = await slixmpp(office.server, "romeo");
  for (const [at, name] of ["Ring.bin", "Strickleiter.bin"].entries()) {
    letters.push(await office.letter(name, 1_000_000 + at));
    await romeo.sendFile(letters[at]!.path, office.bot);
    await hear(romeo, new RegExp(`as number ${at + 1}\\b`));
  }
});
afterAll(async () => {
  await romeo?.close();
  await office?.close();
});

test("one invitation for two files; accept hands over the one, and the other follows when she lets herself be seen", async () => {
  const { server, bot } = office;
  await romeo.say(bot, "send 1 to nurse@example.test");
  await hear(romeo, /Ring\.bin \(number 1\) waits for nurse@example\.test\. I offer it/);
  await romeo.say(bot, "send 2 to nurse@example.test");
  await hear(romeo, /Strickleiter\.bin \(number 2\) waits for nurse/);

  let nurse = await slixmpp(server, "nurse");
  const invitation = await hear(nurse, /^romeo@example\.test has a file for you: Ring\.bin/);
  for (const word of ["accept 1", "decline 1", "block romeo@example.test"]) expect(invitation).toContain(`“${word}”`);
  await nurse.close();
  nurse = await slixmpp(server, "nurse");
  await nurse.say(bot, "list");
  await hear(nurse, /Strickleiter\.bin/);
  expect(fromBot(nurse)).toHaveLength(1); // the list: no second invitation

  await nurse.say(bot, "accept 1");
  const first = await nurse.waitEvent((e) => e.oob?.endsWith("/Ring.bin") ?? false);
  const second = await nurse.waitEvent((e) => e.oob?.endsWith("/Strickleiter.bin") ?? false);
  expect([first.body, second.body]).toEqual([first.oob, second.oob]);
  expect(await fetched(first.oob!)).toBe(letters[0]!.sha256);
  await hear(romeo, /^nurse@example\.test has Ring\.bin \(number 1\)\./);
  expect(await fetched(second.oob!)).toBe(letters[1]!.sha256);
  await hear(romeo, /^nurse@example\.test has Strickleiter\.bin \(number 2\)\./);
  await nurse.close();
});

test("block ends what waits, and nothing more comes from him", async () => {
  const { server, bot } = office;
  await romeo.say(bot, "send 1 to mercutio@example.test");
  await hear(romeo, /Ring\.bin \(number 1\) waits for mercutio/);
  const mercutio = await slixmpp(server, "mercutio");
  await hear(mercutio, /^romeo@example\.test has a file for you: Ring\.bin/);
  await mercutio.say(bot, "block romeo@example.test");
  await hear(mercutio, /^You take nothing more from romeo@example\.test\./);
  await hear(romeo, /^mercutio@example\.test does not want Ring\.bin/);
  await romeo.say(bot, "send 2 to mercutio@example.test");
  await hear(romeo, /^mercutio@example\.test does not take files from you/);
  await mercutio.say(bot, "list");
  await hear(mercutio, /^You keep 0 files/);
  expect(fromBot(mercutio)).toHaveLength(3); // invitation, answer, list
  await mercutio.close();
});
