/**
 * The matrix of byte streams, with clients that nobody here wrote: what one sends by its own way waits for somebody who is away, goes to her
 * client by the way that it knows, is the same, and the sender is told.
 */
import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import type { Client } from "../harness/clients/client.js";
import { dino } from "../harness/clients/dino.js";
import { gajim, type GajimJingle } from "../harness/clients/gajim.js";
import { psi } from "../harness/clients/psi.js";
import { purple } from "../harness/clients/purple.js";
import { freePorts } from "../harness/ports.js";
import { befriend, openPostOffice, sha256, type PostOffice } from "../harness/post-office.js";
import { startProsody, type Prosody } from "../harness/prosody.js";

jest.setTimeout(180_000);

/** Links that have been fetched: what goes by a byte stream is not. */
const downloads = (): number =>
  office.restante.process.lines.filter((line) => line.includes('"msg":"download"')).length;

/** Gajim takes 127.0.0.1 from nobody. */
const outside = Object.values(networkInterfaces()).flatMap((all) => all ?? []).find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.2"; // prettier-ignore

const UPLOADS = 100_000; // bytes; above that, Dino turns to Jingle

let office: PostOffice;
beforeAll(async () => {
  const [port] = await freePorts(1);
  const users = [
    "benvolio",
    "rosaline",
    "tybalt",
    "paris",
    "capulet",
    "montague",
    "sampson",
    "gregory",
    "abram",
    "peter",
  ];
  office = await openPostOffice(() => startProsody({ uploadLimit: UPLOADS, users, logLevel: "debug" }), {
    config: { streams: { listen: `${outside}:${port}`, host: outside, allow_private: true } },
  });
});
afterAll(() => office?.close());

type LogIn = (server: Prosody, user: string) => Promise<Client>;
interface Sending {
  logIn: LogIn;
  /** The client sees what the bot can do. */
  ready: RegExp;
  send(client: Client, path: string, bot: string): Promise<void>;
}
interface Receiving {
  logIn: LogIn;
  /** It can take nothing but a link: shown when it has left the other offers unanswered for a while. */
  byLink?: true;
  /** The file as the client has saved it. */
  saved(client: Client, sender: string, name: string): Promise<string>;
}

const byJingle = (how: GajimJingle): Sending => ({
  logIn: gajim,
  ready: /^CAPS bot@\S+ .*jingle:apps:file-transfer:5/,
  send: (client, path, bot) => (client as Awaited<ReturnType<typeof gajim>>).sendByJingle(path, bot, how),
});
const byItself = (logIn: LogIn): Sending => ({
  logIn,
  ready: /^PRESENCE bot@\S+ available/,
  send: (client, path, bot) => client.sendFile(path, bot),
});
const SENDERS = {
  "Gajim, Jingle in-band": byJingle({ transport: "ibb" }),
  "Gajim, Jingle by our host": byJingle({ transport: "s5b" }),
  "Gajim, Jingle by its server's proxy": byJingle({ transport: "proxy" }),
  "Dino, Jingle": byItself(dino),
  "Psi, SI": byItself(psi),
  "Psi, SI in-band": byItself((server, user) => psi(server, user, { ibbOnly: true })),
  "libpurple, SI": byItself(purple),
} satisfies Record<string, Sending>;

const received = async (client: Client): Promise<string> => (await client.waitFor(/^RECEIVED (.*)$/))[1]!;
const RECIPIENTS = {
  Dino: { logIn: dino, saved: received },
  Psi: { logIn: psi, saved: received },
  libpurple: { logIn: purple, saved: received },
  Gajim: {
    logIn: gajim,
    byLink: true,
    async saved(client, sender, name) {
      const reader = client as Awaited<ReturnType<typeof gajim>>;
      await reader.waitFor(new RegExp(`${sender} has a file for you: ${name.split(" ")[0]}`));
      await reader.open(office.bot);
      const [, url] = await reader.waitFor(/^MESSAGE \S+ (http\S+) OOB \1$/);
      await reader.download(url!);
      return (await reader.waitFor(/^SAVED (.*) http\S+$/))[1]!;
    },
  },
} satisfies Record<string, Receiving>;

const online: Client[] = [];
async function opened(client: Promise<Client>): Promise<Client> {
  online.push(await client);
  return client;
}
afterEach(async () => {
  for (const client of online.splice(0)) await client.close();
});

test.each<[keyof typeof SENDERS, keyof typeof RECIPIENTS, string, string, number]>([
  ["Gajim, Jingle by our host", "Dino", "romeo", "juliet", 3_000_000],
  ["Gajim, Jingle in-band", "libpurple", "mercutio", "nurse", 300_000],
  ["libpurple, SI", "Gajim", "benvolio", "rosaline", 2_000_000],
  ["Dino, Jingle", "Psi", "tybalt", "paris", 2_000_000],
  ["Psi, SI", "Dino", "capulet", "montague", 2_000_000],
  ["Gajim, Jingle by its server's proxy", "Psi", "sampson", "gregory", 2_000_000],
  ["Psi, SI in-band", "libpurple", "abram", "peter", 300_000],
])("%s → %s", async (from, to, sender, recipient, size) => {
  const { server, bot } = office;
  const who = `${recipient}@${server.domain}`;
  const name = `Königin Mab 🧚 ${size}.bin`;
  const letter = await office.letter(name, size);
  await befriend(server, bot, sender, recipient);

  const hand: Sending = SENDERS[from];
  const giver = await opened(hand.logIn(server, sender));
  await giver.waitFor(hand.ready);
  await hand.send(giver, letter.path, bot);
  const [, number] = await giver.waitFor(/I keep Königin Mab 🧚 \d+\.bin .*as number (\d+)/);
  await giver.say(bot, `send ${number} to ${who}`);
  await giver.waitFor(new RegExp(`Königin Mab .* waits for ${who}`));

  const taker: Receiving = RECIPIENTS[to];
  const before = downloads();
  const reader = await opened(taker.logIn(server, recipient));
  const saved = await taker.saved(reader, `${sender}@${server.domain}`, name);
  await giver.waitFor(new RegExp(`${who} has Königin Mab 🧚 ${size}\\.bin \\(number ${number}\\)`));
  expect(sha256(await readFile(saved))).toBe(letter.sha256);
  expect(downloads() > before).toBe(taker.byLink ?? false);
});
