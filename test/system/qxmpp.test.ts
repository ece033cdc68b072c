/**
 * QXmpp at either end of the main job, through the whole program: every way in which it can send a file and take one, and what it does to a
 * transfer that somebody refuses, breaks off or dies of.
 */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { qxmpp, type QXmpp, type QXmppMethods } from "../harness/clients/qxmpp.js";
import { befriend, fetched, openPostOffice, sha256, type Letter, type PostOffice } from "../harness/post-office.js";
import { startProsody } from "../harness/prosody.js";

jest.setTimeout(90_000);

const SLOTS = "slots.example.net"; // Restante's own upload service: not one of the server's, so that QXmpp finds the server's by itself
const PAIRS = ["romeo juliet", "benvolio rosaline", "paris nurse", "tybalt capulet", "abram peter", "sampson gregory"].map((pair) => pair.split(" ")); // prettier-ignore

let office: PostOffice;
beforeAll(async () => {
  const extra = `Component "${SLOTS}"\n  component_secret = "secret"\n`;
  office = await openPostOffice(
    () => startProsody({ users: [...PAIRS.flat(), "mercutio", "montague"], extra, plainUploads: true }),
    {
      config: { upload: { domain: SLOTS } },
    },
  );
  await befriend(office.server, office.bot, ...PAIRS.flat());
});
afterAll(() => office?.close());

const online: QXmpp[] = [];
async function logIn(user: string, methods: QXmppMethods = "any"): Promise<QXmpp> {
  const client = await qxmpp(office.server, user, { methods });
  online.push(client);
  return client;
}
/** Logged in, with the bot in sight. */
async function seeing(user: string, methods?: QXmppMethods): Promise<QXmpp> {
  const client = await logIn(user, methods);
  await client.waitFor(/^PRESENCE bot@\S+ available/);
  return client;
}
afterEach(async () => {
  for (const client of online.splice(0)) await client.close();
});

const exactly = (text: string): string => text.replace(/[.\\+*?^$()[\]{}|]/g, "\\$&");
const at = (user: string): string => `${user}@${office.server.domain}`;

/** The number under which a file is kept. */
async function kept(sender: QXmpp, name: string): Promise<string> {
  return (await sender.waitFor(new RegExp(`^MESSAGE \\S+ I keep ${exactly(name)} .*as number (\\d+)`)))[1]!;
}
async function receives(taker: QXmpp, letter: Letter): Promise<void> {
  const [, path] = await taker.waitFor(/^RECEIVED (.*)$/, 60_000);
  expect(sha256(await readFile(path!))).toBe(letter.sha256);
}
const log = (pattern: RegExp): Promise<unknown> => office.restante.process.waitFor(pattern);

describe("from one to the other, who is away at first", () => {
  type Stream = "socks5" | "in-band";
  const straight = (sender: QXmpp): Promise<void> => sender.methods("any");
  const byProxy = (sender: QXmpp): Promise<void> => sender.proxy(`proxy.${office.server.domain}`, "only");
  const inBand = (sender: QXmpp): Promise<void> => sender.methods("in-band");

  test.each<[string, (sender: QXmpp) => Promise<void>, Stream, Stream, string, number]>([
    ["SOCKS5 straight, SOCKS5", straight, "socks5", "socks5", "Königin Mab 🧚 한글.bin", 700_001],
    ["SOCKS5 by his server's proxy, in-band", byProxy, "socks5", "in-band", "by proxy.bin", 700_003],
    ["in-band, SOCKS5", inBand, "in-band", "socks5", "in-band.bin", 200_001],
  ])("%s", async (_, prepare, comes, goes, name, size) => {
    const letter = await office.letter(name, size);
    let romeo = await seeing("romeo");
    await prepare(romeo);
    await romeo.sendFile(letter.path, office.bot);
    await romeo.waitFor(/^SENT /);
    await log(new RegExp(`"kind":"${comes}".*a file comes in by stream initiation`));
    const number = await kept(romeo, name);
    await romeo.say(office.bot, `send ${number} to ${at("juliet")}`);
    await romeo.waitFor(/waits for juliet@/);
    await romeo.close();

    const juliet = await logIn("juliet", goes);
    await juliet.waitFor(new RegExp(`^MESSAGE \\S+ romeo@\\S+ has a file for you: ${exactly(name)}`));
    await juliet.waitFor(new RegExp(`^OFFER ${office.bot}/restante ${exactly(name)} ${size}$`));
    await receives(juliet, letter);
    await log(new RegExp(`"kind":"${goes}".*a file goes out by stream initiation`));

    romeo = await logIn("romeo");
    await romeo.waitFor(new RegExp(`^MESSAGE \\S+ juliet@\\S+ has ${exactly(name)}`));
  });
});

test.each(["any", "in-band"] as const)("sizes around one block, to somebody who is there (%s)", async (methods) => {
  const [benvolio, rosaline] = [await seeing("benvolio", methods), await seeing("rosaline", methods)];
  for (const size of [1, 4095, 4096, 4097]) {
    const letter = await office.letter(`${methods} ${size}.bin`, size);
    await benvolio.sendFile(letter.path, office.bot);
    const number = await kept(benvolio, `${methods} ${size}.bin`);
    await benvolio.say(office.bot, `send ${number} to ${at("rosaline")}`);
    await receives(rosaline, letter);
    await benvolio.waitFor(new RegExp(`rosaline@\\S+ has ${methods} ${size}\\.bin`));
  }
});

test("an empty file: he is told why not", async () => {
  const benvolio = await seeing("benvolio");
  const letter = await office.letter("nothing.txt", 0);
  await benvolio.sendFile(letter.path, office.bot);
  await benvolio.waitFor(/^FAILED .*nothing\.txt aborted$/);
  await benvolio.waitFor(/^MESSAGE \S+ nothing\.txt is empty/);
});

test("a name with folders in it is a name", async () => {
  const benvolio = await seeing("benvolio");
  const letter = await office.letter("plan.txt", 5000);
  await benvolio.sendAs("../../home/königin/../.한글 plan.txt", letter.path, office.bot);
  await benvolio.waitFor(/^SENT /);
  await kept(benvolio, "한글 plan.txt");
});

test("before the bot's presence has come", async () => {
  const mercutio = await logIn("mercutio");
  const letter = await office.letter("early.bin", 50_000);
  await mercutio.sendFile(letter.path, office.bot);
  await mercutio.waitFor(/^FAILED .* absent$/); // QXmpp's own condition is a full address
  await mercutio.sendFile(letter.path, `${office.bot}/restante`);
  await mercutio.waitFor(/^SENT /);
  await kept(mercutio, "early.bin");
});

test("two at once, each way", async () => {
  const [paris, nurse] = [await seeing("paris"), await seeing("nurse")];
  const letters = [await office.letter("one.bin", 3_000_000), await office.letter("two.bin", 2_000_000)];
  for (const { path } of letters) await paris.sendFile(path, office.bot);
  const numbers = [await kept(paris, "one.bin"), await kept(paris, "two.bin")];
  for (const number of numbers) await paris.say(office.bot, `send ${number} to ${at("nurse")}`);
  const paths = [
    (await nurse.waitFor(/^RECEIVED (.*one\.bin)$/))[1]!,
    (await nurse.waitFor(/^RECEIVED (.*two\.bin)$/))[1]!,
  ];
  for (const [i, path] of paths.entries()) expect(sha256(await readFile(path))).toBe(letters[i]!.sha256);
  await paris.waitFor(/nurse@\S+ has one\.bin/);
  await paris.waitFor(/nurse@\S+ has two\.bin/);
});

test("who declines is asked no more, and the sender is told", async () => {
  const [paris, nurse] = [await seeing("paris"), await seeing("nurse")];
  await nurse.offers("decline");
  const letter = await office.letter("unwanted.bin", 10_000);
  await paris.sendFile(letter.path, office.bot);
  await paris.say(office.bot, `send ${await kept(paris, "unwanted.bin")} to ${at("nurse")}`);
  await nurse.waitFor(/^FAILED .*unwanted\.bin aborted$/);
  await paris.waitFor(/nurse@\S+ does not want unwanted\.bin/);
});

describe.each(["socks5", "in-band"] as const)("in the middle, %s", (stream) => {
  const size = stream === "socks5" ? 20_000_000 : 4_000_000; // not all of it may be on its way at half time

  test("the sender's machine dies: when he is back he is told how much is here; he sends it again, from the beginning", async () => {
    const name = `cut ${stream}.bin`;
    const letter = await office.letter(name, size);
    let tybalt = await seeing("tybalt", stream);
    await tybalt.sendFile(letter.path, office.bot);
    await tybalt.waitFor(/^HALF /);
    await tybalt.kill();
    tybalt = await seeing("tybalt");
    await tybalt.waitFor(
      new RegExp(
        `^MESSAGE \\S+ The transfer of ${exactly(name)} was cut: I have .* of ${stream === "socks5" ? "19.1" : "3.8"} MiB`,
      ),
      60_000,
    );
    await tybalt.sendFile(letter.path, office.bot);
    await tybalt.say(office.bot, `link ${await kept(tybalt, name)}`);
    const [, url] = await tybalt.waitFor(/^MESSAGE \S+ Whoever has this link .*?\\n(http\S+?)\\n/);
    expect(await fetched(url!)).toBe(letter.sha256);
  });

  test("the recipient's machine dies: it is offered again when she is back", async () => {
    const name = `lost ${stream}.bin`;
    const letter = await office.letter(name, size);
    const tybalt = await seeing("tybalt");
    await tybalt.sendFile(letter.path, office.bot);
    await tybalt.say(office.bot, `send ${await kept(tybalt, name)} to ${at("capulet")}`);
    await tybalt.waitFor(/waits for capulet@/);
    // Before the bytes, too: she has connected to our host and died over saying so.
    for (const moment of stream === "socks5" ? [/^MOVING /, /^HALF /] : [/^HALF /]) {
      const capulet = await logIn("capulet", stream);
      await capulet.waitFor(moment);
      await capulet.kill();
    }
    await receives(await logIn("capulet", stream), letter);
    await tybalt.waitFor(new RegExp(`capulet@\\S+ has ${exactly(name)}`));
    expect(tybalt.lines.filter((line) => line.includes(`has ${name}`))).toHaveLength(1);
  });

  test("the recipient stops it: it is offered once more, and then she declines", async () => {
    const name = `stopped ${stream}.bin`;
    const letter = await office.letter(name, size);
    const [abram, peter] = [await seeing("abram"), await seeing("peter", stream)];
    await abram.sendFile(letter.path, office.bot);
    await abram.say(office.bot, `send ${await kept(abram, name)} to ${at("peter")}`);
    await peter.waitFor(/^HALF /);
    await peter.offers("decline");
    await peter.abort(name);
    await peter.waitFor(/^FAILED .* aborted$/);
    await peter.waitFor(/^FAILED .* aborted$/, 60_000);
    await abram.waitFor(new RegExp(`peter@\\S+ does not want ${exactly(name)}`));
  });

  test("the sender stops it: he is told how much is here", async () => {
    const name = `halted ${stream}.bin`;
    const letter = await office.letter(name, size);
    const abram = await seeing("abram", stream);
    await abram.sendFile(letter.path, office.bot);
    await abram.waitFor(/^HALF /);
    await abram.abort(name);
    await abram.waitFor(/^FAILED .* aborted$/);
    await abram.waitFor(
      new RegExp(
        `^MESSAGE \\S+ The transfer of ${exactly(name)} was cut: I have .* of ${stream === "socks5" ? "19.1" : "3.8"} MiB`,
      ),
    );
  });
});

test("to her own address at the bot", async () => {
  const her = `gregory\\40${office.server.domain}@${office.server.component}`;
  const letter = await office.letter("by my own hand.bin", 123_456);
  const sampson = await seeing("sampson");
  await sampson.subscribe(her);
  await sampson.waitFor(new RegExp(`^PRESENCE ${exactly(her)}/\\S+ available`));
  await sampson.sendFile(letter.path, her);
  await sampson.waitFor(/^SENT /);
  await sampson.waitFor(new RegExp(`^MESSAGE ${exactly(her)}\\S* .*waits for gregory@`));
  const gregory = await logIn("gregory");
  await receives(gregory, letter);
  await sampson.waitFor(new RegExp(`^MESSAGE ${exactly(her)}\\S* gregory@\\S+ has by my own hand\\.bin`));
});

describe("by upload", () => {
  test.each<[string, string | undefined, RegExp]>([
    [
      "her server's service, which QXmpp finds by itself: the link is fetched",
      undefined,
      /"what":"links","msg":"said to us"/,
    ],
    ["the bot's own service: the link is claimed", SLOTS, /"slot".*"msg":"upload"/],
  ])("%s", async (_, service, proof) => {
    const name = `upload ${service ?? ""}.bin`;
    const letter = await office.letter(name, 700_001);
    const sampson = await seeing("sampson");
    if (service === undefined) await sampson.waitFor(/^SERVICE upload\.\S+ store\/file$/);
    await sampson.upload(letter.path, office.bot, service);
    await sampson.waitFor(/^SENT /);
    await kept(sampson, name.trim());
    await log(proof);
  });

  test("a link to one whose client takes no streams; what he says is acknowledged", async () => {
    const [sampson, gregory] = [await seeing("sampson"), await seeing("gregory", "none")];
    const letter = await office.letter("link.bin", 300_001);
    await sampson.sendFile(letter.path, office.bot);
    await sampson.say(office.bot, `send ${await kept(sampson, "link.bin")} to ${at("gregory")}`);
    await sampson.waitFor(/^RECEIPT bot@/);
    const [, url] = await gregory.waitFor(/^MESSAGE \S+ (http\S+) OOB \1$/);
    expect(await fetched(url!)).toBe(letter.sha256);
    await sampson.waitFor(/gregory@\S+ has link\.bin/);
  });
});
