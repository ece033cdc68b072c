/** One file for a group of five with five clients: what stands in the sender's chat, in a real Gajim, while one takes it after the other, over a restart. */
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "../harness/clients/client.js";
import { dino } from "../harness/clients/dino.js";
import { gajim, type Gajim } from "../harness/clients/gajim.js";
import { purple } from "../harness/clients/purple.js";
import { xml, xmppUser, type XmppUser } from "../harness/clients/xmppjs.js";
import { befriend, fetched, openPostOffice, sha256, type PostOffice } from "../harness/post-office.js";
import { startProsody } from "../harness/prosody.js";

jest.setTimeout(180_000);

let office: PostOffice;
const clients: Client[] = [];
const users: XmppUser[] = [];
const opened = async <C extends Client>(client: Promise<C>): Promise<C> => {
  clients.push(await client);
  return client;
};
const logIn = async (name: string): Promise<XmppUser> => {
  const user = await xmppUser(office.server, name);
  users.push(user);
  return user;
};

beforeAll(async () => {
  office = await openPostOffice(() => startProsody({ users: ["rosaline", "tybalt", "paris"] }));
  await befriend(office.server, office.bot, "romeo", "juliet", "nurse", "rosaline", "tybalt", "paris");
}, 90_000);
afterAll(async () => {
  for (const client of clients) await client.close();
  for (const user of users) await user.stop();
  await office?.close();
});

/** What stands in Gajim's chat about the report, as soon as the last of it reads so. */
async function reads(romeo: Gajim, last: RegExp): Promise<string[]> {
  const end = Date.now() + 60_000;
  for (;;) {
    const lines = (await romeo.rows()).filter((row) => /\(number 1\) for \d+ people/.test(row));
    if (last.test(lines.at(-1) ?? "")) return lines;
    if (Date.now() > end) throw new Error(`no such line:\n${(await romeo.rows()).join("\n")}`);
    await delay(500);
  }
}

test("a group of five: one line, which is true whenever it is read", async () => {
  const { server, bot, restante } = office;
  const letter = await office.letter("report.bin", 400_000);
  const at = (name: string): string => `${name}@${server.domain}`;
  const [romeo, juliet, nurse] = await Promise.all([
    opened(gajim(server, "romeo")),
    opened(dino(server, "juliet")),
    opened(purple(server, "nurse")),
  ]);
  const [rosaline, tybalt] = await Promise.all([logIn("rosaline"), logIn("tybalt")]);
  await romeo.waitFor(/^PRESENCE bot@\S+ online/);
  await romeo.sendFile(letter.path, bot);
  await romeo.waitFor(/I keep report\.bin .*as number 1/);
  await romeo.say(
    bot,
    `groupadd House of Capulet ${["juliet", "nurse", "rosaline", "tybalt", "paris"].map(at).join(", ")}`,
  );
  await romeo.waitFor(/New group House of Capulet: 5 people/);
  await romeo.say(bot, "send 1 to house of capulet");

  // Two take it by the byte streams of their clients, one by the link, one does not want it, one is away.
  const saved = await Promise.all([juliet, nurse].map((client) => client.waitFor(/^RECEIVED (.*)$/)));
  for (const [, path] of saved) expect(sha256(await readFile(path!))).toBe(letter.sha256);
  const url = (await rosaline.waitMessage(bot, /^http/)).getChildText("body")!;
  await tybalt.waitMessage(bot, /^romeo\S* has a file for you: report\.bin/);
  await tybalt.say(bot, "decline 1");
  expect(await fetched(url)).toBe(letter.sha256);
  const three = /juliet\S+, nurse\S+,? and rosaline\S+ have it, it waits for paris\S+, tybalt\S+ does not want it\.$/;
  expect(await reads(romeo, three)).toHaveLength(1);

  // Killed and started again; the last of them comes only then.
  await restante.kill();
  await restante.start();
  await romeo.waitFor(/^PRESENCE bot@\S+ online/);
  const paris = await logIn("paris");
  const late = (await paris.waitMessage(bot, /^http/)).getChildText("body")!;
  expect(await fetched(late)).toBe(letter.sha256);
  const [line, ...more] = await reads(romeo, /for 5 people: 4 have it, tybalt\S+ does not want it\.$/);
  expect(more).toEqual([]);
  expect(line).toBe(`report.bin (number 1) for 5 people: 4 have it, ${at("tybalt")} does not want it.`);
  // Nothing was said of any of them alone.
  expect(
    (await romeo.rows()).filter((row) => /has been offered|has report\.bin|does not want report\.bin/.test(row)),
  ).toEqual([]);
});

test("recipients by the addresses of a message (XEP-0033)", async () => {
  const { bot, server } = office;
  const tybalt = await logIn("tybalt");
  const info = await tybalt.request(
    "get",
    `${bot}/restante`,
    xml("query", { xmlns: "http://jabber.org/protocol/disco#info" }),
  );
  const features = info
    .getChild("query")!
    .getChildren("feature")
    .map((feature) => String(feature.attrs.var));
  expect(features).toContain("http://jabber.org/protocol/address");
  await tybalt.say(bot, "accept 1");
  const url = (await tybalt.waitMessage(bot, /^http/)).getChildText("body")!; // any link will do as a file to send
  const address = (type: string, name: string): ReturnType<typeof xml> => xml("address", { type, jid: `${name}@${server.domain}` }); // prettier-ignore
  await tybalt.send(
    xml("message", { to: bot, type: "chat", id: "a" },
      xml("addresses", { xmlns: "http://jabber.org/protocol/address" }, address("to", "rosaline"), address("bcc", "paris")),
      xml("body", {}, url),
      xml("x", { xmlns: "jabber:x:oob" }, xml("url", {}, url)),
    ),
  ); // prettier-ignore
  await tybalt.waitMessage(bot, /\(number \d+\) for 2 people: /, 20_000);
  for (const user of users.filter(({ bare }) => /^(rosaline|paris)@/.test(bare))) {
    const offer = await user.waitMessage(bot, /^tybalt\S* has a file for you/);
    expect(offer.toString()).not.toMatch(/rosaline@.*paris@|paris@.*rosaline@/);
  }
});
