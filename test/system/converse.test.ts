/** Converse.js at both ends, as a person sees it: contact list, chats, uploads, links, pictures, corrections, archive. `npm run pictures` also writes docs/converse.png. */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { fileName } from "../../component/lib/file-name.js";
import { converse, type Converse, type Shown } from "../harness/clients/converse.js";
import { xmppUser } from "../harness/clients/xmppjs.js";
import { befriend, fetched, openPostOffice, sha256, type PostOffice } from "../harness/post-office.js";
import { startProsody } from "../harness/prosody.js";
import { startSlowSource } from "../harness/slow-source.js";

jest.setTimeout(120_000);

const VERONA = fileURLToPath(new URL("../harness/pictures/verona.svg", import.meta.url));
const PICTURE = fileURLToPath(new URL("../../docs/converse.png", import.meta.url));
/** What the shell of no client may take for a path or a page, nor Converse.js for italics, bold or a smile. */
const NAME = String.raw`Grüße – 편지 ..\..\_1_ *2* :) <img src=x onerror=alert(1)>.bin`;

let office: PostOffice;
const clients = new Set<Converse>();

async function logIn(user: string): Promise<Converse> {
  const client = await converse(office.server, user);
  clients.add(client);
  return client;
}
async function logOut(client: Converse): Promise<void> {
  clients.delete(client);
  await client.close();
}
afterEach(async () => {
  for (const client of clients) await client.kill();
  clients.clear();
});
afterAll(() => office?.close());

const texts = (shown: readonly Shown[]): string[] => shown.map(({ text }) => text.replaceAll("\u200b", ""));
const until = /until \d{4}-\d\d-\d\d/;

describe("with the server's uploads", () => {
  beforeAll(async () => {
    office = await openPostOffice(() => startProsody({ users: ["paris", "rosaline", "tybalt"] }));
  }, 60_000);

  test("the main job: he is told each step once, she gets the same bytes under the same name", async () => {
    const { bot } = office;
    const name = fileName(NAME);
    const letter = await office.letter(NAME, 1_234_567);
    await befriend(office.server, bot, "juliet");
    const romeo = await logIn("romeo");
    await romeo.add(bot, "Restante");
    expect(await romeo.contact(bot, "online")).toEqual({ name: "Restante", show: "online", isPictured: true });
    await romeo.sendFile(letter.path, bot);
    await romeo.waitFor(/as number 1,/);
    await romeo.say(bot, "send 1 to juliet@example.test");
    await romeo.waitFor(/waits for juliet/);

    const juliet = await logIn("juliet");
    const [line] = await juliet.waitFor(/^romeo@example\.test has a file for you: .*/);
    expect(line).toContain(`${name} (1.2 MiB)`);
    const [url] = await juliet.waitFor(/^http\S+\/g\/\S+$/);
    const download = await juliet.click(url);
    expect(download.suggestedFilename()).toBe(name);
    expect(sha256(await readFile(await download.path()))).toBe(letter.sha256);
    await romeo.waitFor(/^juliet@example\.test has /);
    expect(await juliet.shown()).toMatchObject([
      { links: [], media: [] },
      { text: url, links: [url], media: [] },
    ]);

    const shown = await romeo.shown();
    const upload = shown[0]!.links[0]!;
    expect(texts(shown)).toEqual([
      upload,
      expect.stringMatching(until),
      "send 1 to juliet@example.test",
      `${name} (number 1) waits for juliet@example.test. I offer it the moment that juliet@example.test is there.`,
      `${name} (number 1) has been offered to juliet@example.test.`,
      `juliet@example.test has ${name} (number 1).`,
    ]);
    expect(texts(shown)[1]).toContain(`I keep ${name} (1.2 MiB) as number 1`);
    for (const { page } of [romeo, juliet]) expect(await page.locator(".chat-msg .styling-directive").count()).toBe(0);

    // What the server has archived comes again with the next login: in the same order, and nothing twice.
    await logOut(romeo);
    const again = await logIn("romeo");
    await again.open(bot);
    await again.waitFor(/^juliet@example\.test has /);
    expect(texts(await again.shown())).toEqual(texts(shown));
  });

  test("a picture is shown, and so is delivered; a drawing and a page are links, and lie there until they are clicked", async () => {
    const { bot, folder } = office;
    const files = {
      "Verona bei Nacht.png": await sharp(VERONA).resize(300).png().toBuffer(),
      "drawing.svg": Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>`),
      "page.html": Buffer.from("<!doctype html><script>alert(1)</script>"),
    }; // prettier-ignore
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
    const nurse = await logIn("nurse");
    const mercutio = await logIn("mercutio");
    await nurse.add(bot, "Restante");
    await mercutio.add(bot, "Restante");
    await mercutio.contact(bot, "online");
    for (const [i, name] of Object.keys(files).entries()) {
      await mercutio.sendFile(join(folder, name), bot);
      await mercutio.waitFor(new RegExp(`^I keep ${name} .* as number ${i + 1},`));
    }
    for (const number of [3, 2, 1]) {
      await mercutio.say(bot, `send ${number} to nurse@example.test`);
      await mercutio.waitFor(new RegExp(`\\(number ${number}\\) has been offered`));
    }
    await nurse.waitFor(/Verona bei Nacht\.png/);
    const picture = nurse.page.locator(".chat-msg__message img");
    await picture.waitFor();
    await nurse.page.waitForFunction("document.querySelector('.chat-msg__message img').naturalWidth === 300");
    await mercutio.waitFor(/^nurse@example\.test has Verona bei Nacht\.png/);
    expect(mercutio.lines.filter((line) => /^nurse\S+ has /.test(line))).toHaveLength(1);
    for (const name of ["drawing.svg", "page.html"] as const) {
      const [url] = await nurse.waitFor(new RegExp(`^http\\S+/${name}$`));
      const download = await nurse.click(url);
      expect(download.suggestedFilename()).toBe(name);
      expect(await readFile(await download.path())).toEqual(files[name]);
      await mercutio.waitFor(new RegExp(`^nurse@example\\.test has ${name.replace(".", "\\.")}`));
    }
    await nurse.open(bot);
    await nurse.page.screenshot({ path: join(folder, "converse.png") });
    if (process.env["RESTANTE_PICTURES"]) await copyFile(join(folder, "converse.png"), PICTURE);
  });

  test("what lasts is one line that corrects itself; so is one file for several people; both after a new login, too", async () => {
    const { server, bot } = office;
    const source = await startSlowSource("slow.bin", randomBytes(40_000_000));
    const takers = await Promise.all(["juliet", "nurse"].map((user) => xmppUser(server, user, { resource: "taker" })));
    const paris = await logIn("paris");
    const ofNote = async (): Promise<Shown[]> => (await paris.shown()).filter(({ isMine }) => !isMine);
    try {
      await paris.add(bot);
      await paris.contact(bot, "online");
      await paris.say(bot, source.url);
      await paris.waitFor(/^Fetching slow\.bin: \d+ ?% /);
      expect(await ofNote()).toMatchObject([{ isEdited: true }]);
      source.hurry();
      await paris.waitFor(/as number 1,/);
      expect(await ofNote()).toHaveLength(2);

      await paris.say(bot, "send 1 to juliet@example.test, nurse@example.test, rosaline@example.test");
      for (const taker of takers) {
        const link = await taker.waitStanza((s) => s.is("message") && /\/g\/\S+slow\.bin/.test(s.getChildText("body") ?? "")); // prettier-ignore
        await fetched(link.getChildText("body")!);
      }
      const last = "slow.bin (number 1) for 3 people: juliet@example.test and nurse@example.test have it, it waits for rosaline@example.test."; // prettier-ignore
      await paris.waitFor(new RegExp(`^${last.replaceAll(/[.()]/g, "\\$&")}$`));
      const shown = await ofNote();
      expect(shown).toHaveLength(3);
      expect(shown[2]).toMatchObject({ text: last, isEdited: true });

      await logOut(paris);
      const again = await logIn("paris");
      await again.open(bot);
      await again.waitFor(/for 3 people/);
      const archived = (await again.shown()).filter(({ isMine }) => !isMine);
      expect(texts(archived)).toEqual(texts(shown));
    } finally {
      source.close();
      for (const taker of takers) await taker.stop();
    }
  });

  test("a reply is a command, whatever it quotes; a retraction is none; and no ad-hoc commands are no fault", async () => {
    const { bot } = office;
    const romeo = await logIn("romeo");
    await romeo.open(bot);
    await romeo.say(bot, "grouplist");
    await romeo.waitFor(/^You have no groups/);
    await romeo.choose("You have no groups", "Reply");
    await romeo.type("list");
    await romeo.waitFor(/^You keep 1 file/);
    const before = (await romeo.shown()).length;
    await romeo.choose("grouplist", "Retract");
    await romeo.waitFor(/You have removed a message/);
    await romeo.say(bot, "block");
    await romeo.waitFor(/^You block nobody/);
    expect((await romeo.shown()).length).toBe(before + 2);
    for (const jid of [bot, office.server.component])
      expect(await romeo.commands(jid)).toBe("The specified entity doesn't support ad-hoc commands");
  });

  test("somebody's own address at the bot is a contact with a name and a picture, for words and files; it goes and comes with the program", async () => {
    const { server, bot, restante } = office;
    const at = (user: string): string => `${user}\\40${server.domain}@${server.component}`;
    const letter = await office.letter("by my own hand.bin", 345_678);
    const tybalt = await logIn("tybalt");
    await tybalt.add(bot);
    const romeo = await logIn("romeo");
    await romeo.add(at("tybalt"));
    expect(await romeo.contact(at("tybalt"), "online")).toEqual({ name: "tybalt@example.test", show: "online", isPictured: true }); // prettier-ignore
    await romeo.say(at("tybalt"), "Hast thou *my* letter?");
    await tybalt.waitFor(/^Hast thou \*my\* letter\?$/);
    expect(await tybalt.page.locator(".chat-msg strong, .chat-msg b").allInnerTexts()).toContain("my"); // his own emphasis
    await tybalt.type("Not yet.");
    await romeo.waitFor(/^Not yet\.$/);
    await romeo.sendFile(letter.path, at("tybalt"));
    const [url] = await tybalt.waitFor(/^http\S+hand\.bin$/);
    expect(sha256(await readFile(await (await tybalt.click(url)).path()))).toBe(letter.sha256);
    await romeo.waitFor(/^tybalt@example\.test has by my own hand\.bin/);

    await restante.stop();
    await romeo.contact(at("tybalt"), "offline");
    await tybalt.contact(bot, "offline");
    await restante.start();
    await romeo.contact(at("tybalt"), "online");
    await tybalt.contact(bot, "online");
  });
});
