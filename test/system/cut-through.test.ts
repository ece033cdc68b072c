/**
 * A file that its recipient has while it still comes in: real program, real server, real sockets. The peers are scripted, because no real
 * client holds a transfer in its middle at will.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openAudit } from "../harness/audit.js";
import { BadDay, Gate } from "../harness/bad-day.js";
import { receiveBySi, sendBySi, takesSi } from "../harness/clients/si-peer.js";
import type { XmppUser } from "../harness/clients/xmppjs.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { Tape } from "../harness/tape.js";

const MIB = 2 ** 20;
const LONG = 120_000;
/** So much may be on its way, or gathered in memory, while everything stands still. */
const UNDER_WAY = 4 * MIB;
const TO_JULIET = "to juliet@example.test";

let server: Prosody;
let day: BadDay;
let romeo: XmppUser;
let juliet: XmppUser;
let taking: Mailbox;

/** What Juliet has got of one file, over however many attempts. */
class Mailbox {
  got = 0;
  attempts = 0;
  isRight = true;
  #wake = (): void => {};

  constructor(readonly tape: Tape) {}

  put(piece: Buffer): void {
    this.isRight &&= this.tape.matches(piece, this.got);
    this.got += piece.length;
    this.#wake();
  }

  async until(count: number): Promise<void> {
    while (this.got < count) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

beforeAll(async () => {
  server = await startProsody();
  day = await BadDay.begin(server, { config: { limits: { file: "1 GiB", quota: "5 GiB" } } });
  romeo = await day.user("romeo");
  juliet = await day.user("juliet", { available: false });
  receiveBySi(juliet, () => {
    taking.attempts++;
    return { from: taking.got, until: Infinity, sink: (piece) => taking.put(piece), ended: () => undefined };
  });
  await takesSi(juliet);
  // From here on the bot knows what her client can do.
  taking = new Mailbox(new Tape("letter.txt", MIB));
  await send();
  await day.hear(romeo, /juliet@example\.test has letter\.txt/, LONG);
}, LONG);
afterAll(async () => {
  await day?.end();
  await server?.remove();
});

const send = (midway?: () => Promise<void>, until?: number, cutting?: () => Promise<void>) =>
  sendBySi(romeo, `${day.bot}/restante`, taking.tape, until, cutting, { about: TO_JULIET, ...(midway && { midway }) }); // prettier-ignore

const told = (): string[] => {
  const name = taking.tape.name.replace(".", "\\.");
  return day.told(romeo, new RegExp(`juliet@example\\.test has ${name}`));
};

/** Her bytes are his, the records say how, and he has heard of it once. */
async function isDelivered(): Promise<void> {
  const { tape } = taking;
  await day.hear(romeo, new RegExp(`juliet@example\\.test has ${tape.name}`), LONG);
  expect([taking.got, taking.isRight]).toEqual([tape.size, true]);
  const audit = await openAudit(day.restante.configFile);
  const file = (await audit.files(romeo.bare)).find(({ name }) => name === tape.name);
  expect(await audit.stored(file!)).toBe(tape.sha256());
  await audit.close();
  await day.ask(romeo, "list", /./);
  expect(told()).toHaveLength(1);
}

test(
  "she has the first half before he sends the second",
  async () => {
    taking = new Mailbox(new Tape("film.mkv", 64 * MIB));
    const gate = new Gate();
    const sending = send(() => gate.pass());
    await gate.reached;
    await taking.until(32 * MIB - UNDER_WAY);
    expect(taking.got).toBeLessThanOrEqual(32 * MIB);
    expect([told(), day.told(romeo, /I keep film\.mkv/)]).toEqual([[], []]);
    gate.open();
    await sending;
    await isDelivered();
    expect(taking.attempts).toBe(1);
  },
  LONG,
);

test(
  "he breaks off in the middle, and sends the rest: she goes on where hers ended",
  async () => {
    taking = new Mailbox(new Tape("play.mkv", 64 * MIB));
    await send(undefined, 32 * MIB, () => taking.until(32 * MIB - UNDER_WAY));
    await day.hear(romeo, /transfer of play\.mkv was cut/, LONG);
    expect(taking.got).toBeLessThanOrEqual(32 * MIB);
    expect((await send()).from).toBeGreaterThan(32 * MIB - UNDER_WAY);
    await isDelivered();
    expect(taking.attempts).toBe(2);
  },
  LONG,
);

test(
  "the bot dies in the middle: what comes of it is the file, once",
  async () => {
    taking = new Mailbox(new Tape("death.mkv", 64 * MIB));
    await send(undefined, 32 * MIB, async () => {
      await taking.until(32 * MIB - UNDER_WAY);
      await day.restante.kill();
    });
    await day.restante.start();
    await day.hear(romeo, /transfer of death\.mkv was cut/, LONG);
    expect(told()).toEqual([]);
    expect((await send()).from).toBeGreaterThan(0);
    await isDelivered();
  },
  LONG,
);
