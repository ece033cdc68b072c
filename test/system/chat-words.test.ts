/** The words of the chat, said in libpurple (Pidgin, Finch) and answered there; and the contact as libpurple and Gajim see it. */
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { gajim } from "../harness/clients/gajim.js";
import { purple, type Purple } from "../harness/clients/purple.js";
import { fetched, openPostOffice, sha256, type PostOffice } from "../harness/post-office.js";
import { startProsody } from "../harness/prosody.js";
import { startSlowSource, type SlowSource } from "../harness/slow-source.js";

jest.setTimeout(60_000);

const bytes = randomBytes(120_000);
let office: PostOffice;
let source: SlowSource;
let romeo: Purple;
beforeAll(async () => {
  office = await openPostOffice(() => startProsody());
  source = await startSlowSource("Brief an Julia.txt", bytes);
  source.hurry();
  romeo = await purple(office.server, "romeo");
});
afterAll(async () => {
  await romeo?.close();
  source?.close();
  await office?.close();
});

/** What the bot answers to that, line by line. */
async function answer(said: string): Promise<string> {
  await romeo.say(office.bot, said);
  const [, text] = await romeo.waitFor(new RegExp(`^MESSAGE ${office.bot}\\S* (.*)`));
  return text!.replaceAll("\\n", "\n");
}

describe("in libpurple", () => {
  test("the contact comes online, and asks to see its new friend", async () => {
    await romeo.subscribe(office.bot);
    await romeo.waitFor(new RegExp(`^PRESENCE ${office.bot} available`));
  });

  test("an address of a file in a plain line is a file", async () => {
    await romeo.say(office.bot, source.url);
    await romeo.waitFor(/^MESSAGE \S+ I keep Brief an Julia\.txt \(117\.\d KiB\) as number 1,/);
  });

  test.each<[string, RegExp]>([
    ["help", /^help .*\nlist .*\nget .*\nsend FILE to ADDRESS[^]*^unblock /m],
    ["HELP send", /^send FILE to ADDRESS\[, ADDRESS…\]\n/],
    ["list", /^1 · Brief an Julia\.txt · 117\.\d KiB · until /m],
    ["Send 1 to juliet@example.test", /^Brief an Julia\.txt \(number 1\) waits for juliet@example\.test\. I offer it /],
    ["status", /.*Brief an Julia\.txt.*juliet@example\.test · waiting/],
    ["stauts", /I do not know “stauts”\. Did you mean “status”\?/],
    ["wherefore art thou", /I do not know “wherefore”\. (?!Did)/],
    ['status "Brief an Julia.txt"', /.*juliet@example\.test.*waiting/],
    ["status brief an julia.txt", /.*juliet@example\.test.*waiting/],
    ["send “Nobody knows” to juliet@example.test", /^You have no file “Nobody knows”/],
    ["send 1 to", /^Which ADDRESS\? .*send FILE to ADDRESS/],
    ["send 1 to @@", /^“@@” is not an address/],
  ])("%s", async (said, expected) => {
    expect(await answer(said)).toMatch(expected);
  });

  test("get hands it back as an address that libpurple shows", async () => {
    const line = await answer('get "Brief an Julia.txt"');
    expect(await fetched(/http\S+Brief%20an%20Julia\.txt/.exec(line)![0])).toBe(sha256(bytes));
  });
});

test("Gajim sees the contact online, and believes its capabilities", async () => {
  const juliet = await gajim(office.server, "juliet");
  await juliet.subscribe(office.bot, "Restante");
  await juliet.waitFor(new RegExp(`^PRESENCE ${office.bot}/restante online`));
  const [, features] = await juliet.waitFor(new RegExp(`^CAPS ${office.bot}/restante (.*)`));
  expect(features!.split(" ")).toEqual(
    expect.arrayContaining(["urn:xmpp:receipts", "jabber:x:oob", "http://jabber.org/protocol/disco#info"]),
  );
  expect(features).not.toContain("urn:xmpp:http:upload:0");
  await juliet.close();
});
