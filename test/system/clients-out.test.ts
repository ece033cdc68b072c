/** Links that go out to clients that nobody here wrote: shown, fetched by the client itself, the same bytes, and the sender is told. `npm run pictures` also writes docs/gajim.png. */
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gajim } from "../harness/clients/gajim.js";
import { profanity } from "../harness/clients/profanity.js";
import { slixmpp } from "../harness/clients/slixmpp.js";
import { xml, xmppUser } from "../harness/clients/xmppjs.js";
import { befriend, openPostOffice, sha256, type PostOffice } from "../harness/post-office.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { exec } from "../harness/process.js";

jest.setTimeout(120_000);

const VERONA = fileURLToPath(new URL("../harness/pictures/verona.svg", import.meta.url));
const PICTURE = fileURLToPath(new URL("../../docs/gajim.png", import.meta.url));

let office: PostOffice;
beforeAll(async () => {
  office = await openPostOffice(() =>
    startProsody({ domain: "verona.example", users: ["benvolio", "rosaline", "tybalt"] }),
  );
});
afterAll(() => office?.close());

/** Draws an SVG as a JPEG, with what Gajim draws with. */
async function photograph(svg: string, jpeg: string): Promise<void> {
  const draw = "import gi, sys; gi.require_version('GdkPixbuf', '2.0'); from gi.repository import GdkPixbuf; GdkPixbuf.Pixbuf.new_from_file(sys.argv[1]).savev(sys.argv[2], 'jpeg', ['quality'], ['90'])"; // prettier-ignore
  await exec("/usr/bin/python3", ["-c", draw, svg, jpeg]);
}

/** Puts a name on somebody in a user's contact list, as people do. */
async function nameContact(server: Prosody, user: string, jid: string, name: string): Promise<void> {
  const once = await xmppUser(server, user, { resource: "once", available: false });
  await once.request("set", undefined, xml("query", { xmlns: "jabber:iq:roster" }, xml("item", { jid, name })));
  await once.stop();
}

test("Gajim shows a picture that has waited for her, downloads it by itself, and answers with a file", async () => {
  const { server, bot } = office;
  const [romeo, juliet] = ["romeo", "juliet"].map((user) => `${user}@${server.domain}`) as [string, string];
  const photo = join(office.folder, "Verona at dusk.jpg");
  await photograph(VERONA, photo);

  const sender = await slixmpp(server, "romeo");
  await befriend(server, bot, "juliet");
  await nameContact(server, "juliet", bot, "Restante");
  await sender.sendFile(photo, bot);
  await sender.waitEvent((e) => /as number 1\b/.test(e.body ?? ""));
  await sender.say(bot, `send 1 to ${juliet}`);
  await sender.waitEvent((e) => e.body === `Verona at dusk.jpg (number 1) waits for ${juliet}. I offer it the moment that ${juliet} is there.`); // prettier-ignore

  const client = await gajim(server, "juliet");
  await client.waitFor(new RegExp(`^PRESENCE ${bot}/restante online`));
  await client.waitFor(new RegExp(`^MESSAGE ${bot} ${romeo} has a file for you: Verona at dusk.jpg`));
  const [, body, oob] = await client.waitFor(/^MESSAGE \S+ (http\S+) OOB (\S+)$/);
  expect(oob).toBe(body);
  await client.waitFor(new RegExp(`^AVATAR ${bot}$`));
  await client.open(bot);
  const [, saved] = await client.waitFor(/^SAVED (.*) http\S+$/);
  expect(sha256(await readFile(saved!))).toBe(sha256(await readFile(photo)));
  await sender.waitEvent((e) => e.body === `${juliet} has Verona at dusk.jpg (number 1).`);
  await sender.close();

  const song = join(office.folder, "The nightingale, not the lark.txt");
  await writeFile(song, "Nightly she sings on yon pomegranate tree.\n".repeat(99));
  await client.sendFile(song, bot);
  await client.waitFor(/as number 2\b/);
  await client.say(bot, `send 2 to ${romeo}`);
  await client.waitFor(new RegExp(`waits for ${romeo}`));
  const shown = join(office.folder, "gajim.png");
  await client.shot(shown);
  expect((await stat(shown)).size).toBeGreaterThan(20_000);
  if (process.env["RESTANTE_PICTURES"]) await copyFile(shown, PICTURE);
  await client.close();
});

test("Gajim looks at what it cannot show, and downloads it when its button is pressed", async () => {
  const { server, bot } = office;
  await befriend(server, bot, "mercutio", "nurse");
  const letter = join(office.folder, "Lettre à la nourrice – π.txt");
  await writeFile(letter, "Où êtes-vous, nourrice ?\n".repeat(50_000));
  const sender = await slixmpp(server, "mercutio");
  await sender.sendFile(letter, bot);
  await sender.waitEvent((e) => /as number 1\b/.test(e.body ?? ""));
  const client = await gajim(server, "nurse");
  await client.waitFor(new RegExp(`^PRESENCE ${bot}/restante online`));
  await client.open(bot);
  await sender.say(bot, `send 1 to nurse@${server.domain}`);
  const [, url] = await client.waitFor(/^MESSAGE \S+ (http\S+) OOB \1$/);
  await client.download(url!);
  const [, saved] = await client.waitFor(/^SAVED (.*) http\S+$/);
  expect(sha256(await readFile(saved!))).toBe(sha256(await readFile(letter)));
  await sender.waitEvent((e) => /^nurse@verona\.example has Lettre à la nourrice – π\.txt/.test(e.body ?? ""));
  await client.close();
  await sender.close();
});

test.each([
  ["slixmpp", slixmpp, "benvolio"],
  ["Profanity", profanity, "rosaline"],
] as const)("%s downloads what has waited for its user", async (_, logIn, name) => {
  const { server, bot } = office;
  await befriend(server, bot, name);
  const letter = await office.letter("weiße Rose & Ré.bin", 3_141_592);
  const sender = await slixmpp(server, "tybalt");
  await sender.sendFile(letter.path, bot);
  const kept = await sender.waitEvent((e) => /as number \d/.test(e.body ?? ""));
  const [, number] = /as number (\d+)/.exec(kept.body!)!;
  await sender.say(bot, `send ${number} to ${name}@${server.domain}`);
  await sender.waitEvent((e) => e.body?.includes(`waits for ${name}`) ?? false);

  const client = await logIn(server, name);
  await client.waitFor(/tybalt@verona.example has a file for you/);
  const [url] = await client.waitFor(/http:\/\/127\S+?\.bin/);
  const path = join(office.folder, `saved by ${name}`.replaceAll(" ", "_"));
  await client.download(url, path);
  expect(sha256(await readFile(path))).toBe(letter.sha256);
  await sender.waitEvent((e) => e.body?.startsWith(`${name}@${server.domain} has weiße Rose`) ?? false);
  await client.close();
  await sender.close();
});
