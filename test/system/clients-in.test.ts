/** Files that come in from clients that nobody here wrote, for somebody who is away: kept, offered when she comes, and the sender is told. */
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import type { Client } from "../harness/clients/client.js";
import { gajim } from "../harness/clients/gajim.js";
import { goSendxmpp } from "../harness/clients/go-sendxmpp.js";
import { profanity } from "../harness/clients/profanity.js";
import { slixmpp } from "../harness/clients/slixmpp.js";
import { xmppUser } from "../harness/clients/xmppjs.js";
import { befriend, fetched, openPostOffice, sha256, type PostOffice } from "../harness/post-office.js";
import { startProsody } from "../harness/prosody.js";
import { startSlowSource } from "../harness/slow-source.js";

jest.setTimeout(120_000);

let office: PostOffice;
beforeAll(async () => {
  office = await openPostOffice(() => startProsody({ users: ["benvolio", "rosaline", "tybalt", "paris", "capulet"] }));
});
afterAll(() => office?.close());

describe("a file uploaded by a real client waits for somebody who is away", () => {
  const logIn = {
    "go-sendxmpp": goSendxmpp,
    slixmpp,
    Profanity: profanity,
    Gajim: gajim,
  } satisfies Record<string, (server: PostOffice["server"], user: string) => Promise<Client>>;

  // These upload under plainer names.
  const plainer: Partial<Record<keyof typeof logIn, (name: string) => string>> = {
    "go-sendxmpp": (name) => name.replace(/[^A-Za-z0-9.]+/gu, "_"),
    Profanity: (name) => name.replaceAll(" ", "_"),
  };

  test.each<[keyof typeof logIn, string, string, string, number]>([
    ["go-sendxmpp", "romeo", "juliet", "plan für Mantua 🗺.bin", 1_500_000],
    ["slixmpp", "mercutio", "nurse", "Königin Mab 🧚‍♀️ & Co.tar", 2_345_678],
    ["Profanity", "benvolio", "rosaline", "a plague — on both (your) houses.dat", 3_456_789],
    ["Gajim", "tybalt", "paris", "fürst der #Katzen 🐈 100%.bin", 5_000_001],
  ])("%s", async (name, from, to, file, size) => {
    const { server, bot } = office;
    const [sender, recipient] = [from, to].map((user) => `${user}@${server.domain}`);
    const letter = await office.letter(file, size);
    const keptAs = plainer[name]?.(file) ?? file;
    await befriend(server, bot, from, to);

    const before = await logIn[name](server, from);
    await before.sendFile(letter.path, bot);
    await before.waitFor(/as number 1\b/);
    // go-sendxmpp does not stay to hear the answer to what it says.
    const talker = name === "go-sendxmpp" ? await slixmpp(server, from) : before;
    await talker.say(bot, `send 1 to ${recipient}`);
    await talker.waitFor(new RegExp(`waits for ${recipient}`));
    if (talker !== before) await talker.close();
    await before.close();

    const reader = await xmppUser(server, to);
    const line = await reader.waitMessage(bot, /has a file for you/);
    expect(line.getChildText("body")).toContain(`${sender} has a file for you: ${keptAs} (`);
    const offer = await reader.waitMessage(bot, /^http/);
    const url = offer.getChildText("body")!;
    expect(offer.getChild("x", "jabber:x:oob")?.getChildText("url")).toBe(url);
    const metadata = offer.getChild("file-sharing", "urn:xmpp:sfs:0")!.getChild("file", "urn:xmpp:file:metadata:0")!;
    expect([metadata.getChildText("name"), metadata.getChildText("size")]).toEqual([keptAs, String(size)]);
    expect(await fetched(url)).toBe(letter.sha256);
    await reader.stop();

    const after = await logIn[name](server, from);
    await after.waitFor(new RegExp(`${recipient} has .*\\(number 1\\)`));
    await after.close();
  });
});

test("60 MB from a slow server: one line of progress that slixmpp sees corrected, and bytes that are the same", async () => {
  const { server, bot } = office;
  const bytes = randomBytes(60_000_000);
  const source = await startSlowSource("Ätna 🌋 von oben.mov", bytes);
  const sender = await slixmpp(server, "capulet");
  try {
    await sender.subscribe(bot);
    await sender.waitEvent((e) => e.event === "presence" && e.from === `${bot}/restante`);
    await sender.sendLink(bot, source.url);
    const line = await sender.waitEvent((e) => /^Fetching Ätna 🌋 von oben\.mov \(57\.2 MiB\) …$/.test(e.body ?? ""));
    const half = await sender.waitEvent((e) => e.replaces === line.id);
    expect(half.body).toMatch(/^Fetching Ätna 🌋 von oben\.mov: \d+ % \([\d.]+ MiB of 57\.2 MiB\) …$/);
    source.hurry();
    const done = await sender.waitEvent((e) => e.replaces === line.id && /^Fetched/.test(e.body ?? ""));
    expect(done.body).toMatch(/^Fetched Ätna 🌋 von oben\.mov: 57\.2 MiB in \d+ seconds\.$/);
    await sender.waitEvent((e) => /I keep Ätna 🌋 von oben\.mov \(57\.2 MiB\) as number 1,/.test(e.body ?? ""));
    await sender.say(bot, "get 1");
    const back = await sender.waitEvent((e) => !!e.oob);
    expect(await fetched(back.oob!)).toBe(sha256(bytes));
  } finally {
    source.close();
    await sender.close();
  }
});
