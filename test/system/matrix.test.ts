/**
 * Every road in with every road out, over one Prosody: what comes in by each way is sent to somebody who takes it by each other, is the same to
 * the byte, the sender has his receipts, and the log or the client shows that it went that way. Clients that nobody here wrote, wherever Debian
 * has one: no program that it has takes files by Jingle in-band, and for what HTTP asks (forms, tus, ranges) there are browsers and libraries.
 * The table at the end is the one in docs/protocols.md.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Upload } from "tus-js-client";
import type { Browser } from "playwright-core";
import { startChromium } from "../harness/browser.js";
import { dino } from "../harness/clients/dino.js";
import { gajim } from "../harness/clients/gajim.js";
import { takesJingleInBand } from "../harness/clients/jingle-in-band.js";
import { profanity } from "../harness/clients/profanity.js";
import { psi } from "../harness/clients/psi.js";
import { purple } from "../harness/clients/purple.js";
import { slixmpp } from "../harness/clients/slixmpp.js";
import { xmppUser, type XmppUser } from "../harness/clients/xmppjs.js";
import { befriend, openPostOffice, sha256, type PostOffice } from "../harness/post-office.js";
import { exec } from "../harness/process.js";
import { startProsody, type Prosody } from "../harness/prosody.js";

jest.setTimeout(120_000);

const UPLOADS = 100_000; // bytes that the server's own upload service takes: above that, Dino turns to Jingle
const SLOTS = "slots.example.net"; // not one of the server's own: clients that look for a service find the server's

/** The one who sends: what he says to the bot, and what he sees of its answers. */
interface Sender {
  /** Hands the file over by his way. */
  send(path: string): Promise<void>;
  say(text: string): Promise<void>;
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  close(): Promise<void>;
}
interface Row {
  readonly way: string;
  readonly client: string;
  readonly size: number;
  /** What Restante's log shows of it; absent: the client can nothing else. */
  readonly proof?: RegExp;
  open(user: string): Promise<Sender>;
}

interface Taker {
  /** The file of that name, as he has it then. Asked for before it is sent. */
  take(name: string): Promise<Buffer>;
  close(): Promise<void>;
}
interface Column {
  readonly way: string;
  readonly client: string;
  readonly proof?: RegExp;
  open(user: string): Promise<Taker>;
}

interface Chatting {
  say(to: string, text: string): Promise<void>;
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  close(): Promise<void>;
}
const by = (client: Chatting, send: Sender["send"]): Sender => ({
  send,
  say: (text) => client.say(office.bot, text),
  waitFor: (pattern) => client.waitFor(pattern),
  close: () => client.close(),
});
/** A scripted user, for what is no matter of chat clients. */
const scripted = (user: XmppUser): Chatting => ({
  say: (to, text) => user.say(to, text),
  waitFor: async (pattern) =>
    pattern.exec((await user.waitMessage(office.bot, pattern, 60_000)).getChildText("body")!)!,
  close: () => user.stop(),
});

const seesBot = /^PRESENCE bot@\S+ (available|online)/;
const ROWS: readonly Row[] = [
  {
    way: "SI, SOCKS5", client: "libpurple", size: 700_001, proof: /"kind":"socks5".*a file comes in by stream initiation/,
    async open(user) {
      const client = await purple(server, user);
      await client.waitFor(seesBot);
      return by(client, (path) => client.sendFile(path, office.bot));
    },
  },
  {
    way: "SI, in-band", client: "Psi", size: 150_001, proof: /"kind":"in-band".*a file comes in by stream initiation/,
    async open(user) {
      const client = await psi(server, user, { ibbOnly: true });
      await client.waitFor(seesBot);
      return by(client, (path) => client.sendFile(path, office.bot));
    },
  },
  {
    way: "Jingle, SOCKS5", client: "Dino", size: 700_003, proof: /"kind":"socks5".*a file comes in by Jingle/,
    async open(user) {
      const client = await dino(server, user);
      await client.waitFor(seesBot);
      return by(client, (path) => client.sendFile(path, office.bot));
    },
  },
  {
    way: "Jingle, in-band", client: "Gajim", size: 150_003, proof: /"kind":"in-band".*a file comes in by Jingle/,
    async open(user) {
      const client = await gajim(server, user);
      await client.waitFor(/^CAPS bot@\S+ .*jingle:apps:file-transfer:5/);
      return by(client, (path) => client.sendByJingle(path, office.bot, { transport: "ibb" }));
    },
  },
  {
    way: "link", client: "Profanity", size: 90_001,
    async open(user) {
      const client = await profanity(server, user);
      return by(client, (path) => client.sendFile(path, office.bot));
    },
  },
  {
    way: "own slot", client: "slixmpp", size: 700_005, proof: /"slot".*"msg":"upload"/,
    async open(user) {
      const client = await slixmpp(server, user);
      return by(client, (path) => client.sendBy(SLOTS, path, office.bot));
    },
  },
  {
    way: "browser form", client: "Chromium", size: 700_007,
    async open(user) {
      const chat = scripted(await xmppUser(server, user));
      return by(chat, async (path) => {
        const visitor = await browser.newContext({ javaScriptEnabled: false });
        const page = await visitor.newPage();
        await page.goto(await formPage(chat));
        await page.setInputFiles("input[type=file]", path);
        await page.click("form button");
        await page.waitForSelector("li.good");
        await visitor.close();
      });
    },
  },
  {
    way: "tus", client: "tus-js-client", size: 700_009,
    async open(user) {
      const chat = scripted(await xmppUser(server, user));
      return by(chat, async (path) => {
        const endpoint = (await formPage(chat)).replace("/f/", "/t/");
        const bytes = await readFile(path);
        await new Promise<void>((onSuccess, onError) =>
          new Upload(bytes, { endpoint, chunkSize: 200_000, metadata: { filename: path.split("/").pop()! }, onSuccess: () => onSuccess(), onError }).start(),
        );
      });
    },
  },
]; // prettier-ignore

/** The page for bringing files, asked for in chat. */
async function formPage(chat: Chatting): Promise<string> {
  await chat.say(office.bot, "upload");
  return (await chat.waitFor(/http:\S+\/f\/\S+/))[0];
}

const received = (client: Chatting): Taker => ({
  async take(name) {
    const [, path] = await client.waitFor(new RegExp(`^RECEIVED (.*${name})$`));
    return readFile(path!);
  },
  close: () => client.close(),
});
/** Somebody whose client takes no files: he gets a link. */
const linked = async (user: string, fetch: (url: string, name: string) => Promise<Buffer>): Promise<Taker> => {
  const taker = await xmppUser(server, user);
  return {
    async take(name) {
      const letter = await taker.waitMessage(office.bot, new RegExp(`^http\\S+/${name}$`), 60_000);
      return fetch(letter.getChildText("body")!, name);
    },
    close: () => taker.stop(),
  };
};
const COLUMNS: readonly Column[] = [
  {
    way: "SI, SOCKS5", client: "libpurple", proof: /"kind":"socks5".*a file goes out by stream initiation/,
    open: async (user) => received(await purple(server, user)),
  },
  {
    way: "SI, in-band", client: "slixmpp", proof: /"kind":"in-band".*a file goes out by stream initiation/,
    async open(user) {
      const folder = join(office.folder, user);
      await mkdir(folder);
      const client = await slixmpp(server, user, { folder });
      return {
        async take(name) {
          await client.waitEvent((e) => e.event === "saved", 60_000);
          return readFile(join(folder, name));
        },
        close: () => client.close(),
      };
    },
  },
  {
    way: "Jingle, SOCKS5", client: "Dino", proof: /"kind":"socks5".*a file goes out by Jingle/,
    async open(user) {
      const client = await dino(server, user);
      await client.open(office.bot);
      return received(client);
    },
  },
  {
    way: "Jingle, in-band", client: "our own", proof: /"kind":"in-band".*a file goes out by Jingle/,
    async open(user) {
      const taker = await xmppUser(server, user);
      return { take: await takesJingleInBand(taker), close: () => taker.stop() };
    },
  },
  {
    way: "link", client: "Profanity", proof: /"status":200.*"msg":"download"/,
    async open(user) {
      const client = await profanity(server, user);
      return {
        async take(name) {
          const [url] = await client.waitFor(new RegExp(`http://127\\S+?${name}`), 60_000);
          const path = join(office.folder, `profanity-${name}`);
          await client.download(url, path);
          return readFile(path);
        },
        close: () => client.close(),
      };
    },
  },
  {
    way: "browser page", client: "Chromium", proof: /"status":200.*"msg":"download"/,
    open: (user) =>
      linked(user, async (url, name) => {
        const visitor = await browser.newContext();
        const page = await visitor.newPage();
        await page.goto(url.replace("/g/", "/p/").replace(/\/[^/]*$/, ""));
        expect(await page.title()).toContain(name);
        const [download] = await Promise.all([page.waitForEvent("download"), page.click("a[download]")]);
        const bytes = await readFile(await download.path());
        await visitor.close();
        return bytes;
      }),
  },
  {
    way: "ranges, by token", client: "curl", proof: /"status":206.*"msg":"download"/,
    open: (user) =>
      linked(user, async (url, name) => {
        const [, base, token] = /^(.*\/g)\/([^/]+)\//.exec(url)!;
        const pieces: Buffer[] = [];
        for (const range of ["0-49999", "50000-99999", "100000-"]) {
          const path = join(office.folder, `curl-${name}-${range}`);
          const status = await exec("curl", ["-sS", "-r", range, "-H", `Authorization: Bearer ${token}`, "-o", path, "-w", "%{http_code}", base!]); // prettier-ignore
          if (status === "416") continue; // a file that ends before
          expect(status).toBe("206");
          pieces.push(await readFile(path));
        }
        return Buffer.concat(pieces);
      }),
  },
]; // prettier-ignore

const SENDERS = ["romeo", "juliet", "mercutio", "nurse", "benvolio", "rosaline", "montague", "capulet"];
const TAKERS = ["sampson", "gregory", "abram", "peter", "tybalt", "paris", "balthasar"];

let office: PostOffice;
let server: Prosody;
let browser: Browser;
const takers: Taker[] = [];
/** What has gone right, by row and column. */
const done = new Set<string>();
const key = (row: Row, column: Column): string => `${row.way} → ${column.way}`;

beforeAll(async () => {
  const extra = `Component "${SLOTS}"\n  component_secret = "secret"\n`;
  office = await openPostOffice(() => startProsody({ uploadLimit: UPLOADS, users: [...SENDERS, ...TAKERS], extra }), {
    config: { upload: { domain: SLOTS } },
  });
  server = office.server;
  browser = await startChromium();
  await befriend(server, office.bot, ...SENDERS, ...TAKERS);
  takers.push(...(await Promise.all(COLUMNS.map((column, i) => column.open(TAKERS[i]!)))));
}, 180_000);
afterAll(async () => {
  for (const taker of takers) await taker.close();
  await browser?.close();
  await office?.close();
  process.stdout.write(`${table()}\n`);
}, 60_000);

/** As in docs/protocols.md. */
function table(): string {
  const cells = (row: Row): string[] => COLUMNS.map((column) => (done.has(key(row, column)) ? `${row.client} → ${column.client}` : "✗")); // prettier-ignore
  const lines = [["in ↓ out →", ...COLUMNS.map(({ way }) => way)], ["---", ...COLUMNS.map(() => "---")], ...ROWS.map((row) => [row.way, ...cells(row)])]; // prettier-ignore
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

/** The log since then shows it. */
async function proven(since: number, proof: RegExp | undefined): Promise<void> {
  if (proof) expect(office.restante.process.lines.slice(since).filter((line) => proof.test(line))).not.toEqual([]);
}

describe.each(ROWS.map((row, i) => [row.way, row, i] as const))("in by %s", (_, row, i) => {
  const name = `road-${i + 1}.bin`;
  let sender: Sender;
  let sum: string;
  let number: string;
  beforeAll(async () => {
    sender = await row.open(SENDERS[i]!);
  }, 90_000);
  afterAll(() => sender?.close());

  test(`from ${row.client}: kept`, async () => {
    const letter = await office.letter(name, row.size);
    sum = letter.sha256;
    const since = office.restante.process.lines.length;
    await sender.send(letter.path);
    number = (await sender.waitFor(new RegExp(`I keep ${name} .*as number (\\d+)`)))[1]!;
    await proven(since, row.proof);
  });

  test.each(COLUMNS.map((column, j) => [column.way, column, j] as const))("out by %s", async (_, column, j) => {
    const who = `${TAKERS[j]}@${server.domain}`;
    const since = office.restante.process.lines.length;
    const taken = takers[j]!.take(name);
    await sender.say(`send ${number} to ${who}`);
    await sender.waitFor(new RegExp(`${name} \\(number ${number}\\) waits for ${who}`));
    expect(sha256(await taken)).toBe(sum);
    await sender.waitFor(new RegExp(`${who} has ${name} \\(number ${number}\\)`));
    await proven(since, column.proof);
    done.add(key(row, column));
  });
});
