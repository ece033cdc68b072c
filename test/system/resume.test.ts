/**
 * Five gigabytes by stream initiation, in and out, cut ten times each at places that a seed chooses: nine times by the peer's network, once by
 * the death of the bot. What comes of it is the file. The peers are scripted, because no real client can be cut at will.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openAudit } from "../harness/audit.js";
import { BadDay } from "../harness/bad-day.js";
import { receiveBySi, sendBySi, takesSi, type Attempt } from "../harness/clients/si-peer.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { chance } from "../harness/seeded.js";
import { Tape } from "../harness/tape.js";

const GIB = 2 ** 30;
const CUTS = 10;
/** The cut that is the bot's death. */
const DEATH = 3;
const LONG = 10 * 60_000;
/** So much may be on its way when a connection is reset, or not yet safe when a process dies. */
const LOST = 64 * 2 ** 20;

let server: Prosody;
let day: BadDay;
const tape = new Tape("film.mkv", 5 * GIB);
beforeAll(async () => {
  server = await startProsody();
  day = await BadDay.begin(server, { config: { limits: { file: "6 GiB", quota: "20 GiB" } } });
}, 120_000);
afterAll(async () => {
  await day?.end();
  await server?.remove();
});

/** Where the cuts are, in order, as bytes of the file. */
function cuts(seed: number): number[] {
  const luck = chance(seed);
  return Array.from({ length: CUTS }, () => luck.whole(tape.size)).sort((a, b) => a - b);
}

const contact = (): string => `${day.bot}/restante`;

test(
  "in: each attempt goes on where the one before was cut",
  async () => {
    const romeo = await day.user("romeo");
    const attempts: Attempt[] = [];
    for (const [i, cut] of cuts(7).entries()) {
      attempts.push(await sendBySi(romeo, contact(), tape, cut, i === DEATH ? () => day.restante.kill() : undefined));
      if (i === DEATH) await day.restante.start();
      await day.hear(romeo, /transfer of film\.mkv was cut/, LONG);
    }
    attempts.push(await sendBySi(romeo, contact(), tape));
    await day.hear(romeo, /I keep film\.mkv .* as number 1,/, LONG);
    const places = cuts(7);
    for (const [i, { from }] of attempts.slice(1).entries()) {
      expect(from).toBeLessThanOrEqual(places[i]!);
      expect(from).toBeGreaterThan(places[i]! - LOST);
    }
    const audit = await openAudit(day.restante.configFile);
    const [file] = await audit.files(romeo.bare);
    expect(await audit.stored(file!)).toBe(tape.sha256());
    await audit.close();
    await romeo.stop();
  },
  LONG,
);

test(
  "out: as the recipient wants it, until she has it all, once",
  async () => {
    const romeo = await day.user("romeo");
    await day.ask(romeo, "send 1 to juliet@example.test", /juliet/);
    const juliet = await day.user("juliet", { available: false });
    const places = cuts(11);
    let [at, attempts] = [0, 0];
    let reborn: Promise<void> | undefined;
    await new Promise<void>((resolve, reject) => {
      receiveBySi(juliet, () => {
        let place = at;
        const cut = places.shift() ?? Infinity;
        const isDeadly = attempts++ === DEATH;
        return {
          from: at,
          until: isDeadly ? Infinity : cut,
          sink: (piece) => {
            if (!tape.matches(piece, place)) reject(new Error(`wrong bytes at ${place}`));
            place += piece.length;
            if (isDeadly && place > cut) reborn ??= day.restante.kill().then(() => day.restante.start());
          },
          ended: ({ moved }) => {
            at += moved;
            if (at === tape.size) resolve();
          },
        };
      });
      takesSi(juliet).catch(reject);
    });
    await day.hear(romeo, /juliet@example\.test has film\.mkv/, LONG);
    expect([places, attempts]).toEqual([[], CUTS + 1]);
    await reborn;
    const audit = await openAudit(day.restante.configFile);
    const [file] = await audit.files(romeo.bare);
    const [parcel] = await audit.parcels(file!);
    expect(parcel!.history.filter(({ event }) => event === "complete")).toHaveLength(1);
    await audit.close();
  },
  LONG,
);
