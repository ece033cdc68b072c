/** Files between libpurple and libpurple by stream initiation, through the whole program: the one who is to get them is away at first. */
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { purple } from "../harness/clients/purple.js";
import { befriend, openPostOffice, sha256, type PostOffice } from "../harness/post-office.js";
import { startProsody } from "../harness/prosody.js";

jest.setTimeout(120_000);

describe.each<[string, boolean, string, number]>([
  ["over SOCKS5, straight to us and from us", true, "socks5", 5_000_001],
  ["in-band, because no host of his may be dialled", false, "in-band", 500_001],
])("%s", (_, allowPrivate, kind, size) => {
  let office: PostOffice;
  beforeAll(async () => {
    office = await openPostOffice(() => startProsody(), { config: { streams: { allow_private: allowPrivate } } });
    await befriend(office.server, office.bot, "romeo", "juliet");
  });
  afterAll(() => office?.close());

  test("sent to the bot, for somebody who is away; she gets it when she comes, and he is told", async () => {
    const { server, bot } = office;
    const letter = await office.letter("plan für Mantua.bin", size);
    let romeo = await purple(server, "romeo");
    await romeo.waitFor(/^PRESENCE bot@\S+ available/);
    await romeo.sendFile(letter.path, bot);
    await romeo.waitFor(/^SENT /);
    await office.restante.process.waitFor(new RegExp(`"kind":"${kind}".*a file comes in by stream initiation`));
    await romeo.waitFor(/^MESSAGE \S+ I keep plan für Mantua\.bin .* as number 1\b/);
    await romeo.say(bot, `send 1 to juliet@${server.domain}`);
    await romeo.waitFor(/waits for juliet@/);
    await romeo.close();

    const juliet = await purple(server, "juliet");
    await juliet.waitFor(/^MESSAGE \S+ romeo@\S+ has a file for you: plan für Mantua\.bin/);
    await juliet.waitFor(new RegExp(`^OFFER ${bot}\\S* plan für Mantua\\.bin ${size}$`));
    const [, path] = await juliet.waitFor(/^RECEIVED (.*)$/);
    expect(sha256(await readFile(path!))).toBe(letter.sha256);
    await office.restante.process.waitFor(/"kind":"socks5".*a file goes out by stream initiation/);

    romeo = await purple(server, "romeo");
    await romeo.waitFor(/^MESSAGE \S+ juliet@\S+ has plan für Mantua\.bin/);
    await romeo.close();
    await juliet.close();
  });
});
