/**
 * kill -9 at random instants of byte streams, in and out, over and over; then everything is looked through.
 * KILL_SEED repeats a run as far as chance is ours, KILL_ROUNDS is the number of kills on each stage.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { bare } from "../../component/lib/jid.js";
import { blobFolder, filesUnder, openAudit } from "../harness/audit.js";
import { killAt, postgresAndS3 } from "../harness/killing.js";
import { Mortal, within } from "../harness/mortal.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { chance } from "../harness/seeded.js";
import { StreamTraffic, type Moment } from "../harness/stream-traffic.js";
import type { RestanteOptions } from "../harness/restante.js";

const SEED = Number(process.env["KILL_SEED"] ?? Math.floor(Math.random() * 1e9));
const ROUNDS = Number(process.env["KILL_ROUNDS"] ?? 0);
const MIB = 2 ** 20;
/** What may have been on its way when the last byte was about to go. */
const LAST_PIECE = MIB;

const MOMENTS: readonly Moment[] = [
  "offering", "intake", "intake", "intake", "last byte in", "last byte in", "kept", "offered", "offered", "taking", "taking", "taking",
  "last byte out", "last byte out", "told",
]; // prettier-ignore

interface Stage {
  readonly options: RestanteOptions;
  readonly rounds: number;
  end(): Promise<void>;
}

/** Kills, again and again; answers when. */
async function killAgainAndAgain(traffic: StreamTraffic, rounds: number, seed: number): Promise<string[]> {
  const luck = chance(seed);
  const { mortal } = traffic;
  const kills: string[] = [];
  const sizes = [1000, 60_000, 4 * MIB, 24 * MIB];
  while (kills.length < rounds) {
    const moment = luck.pick(MOMENTS);
    const nth = 1 + luck.whole(moment === "intake" || moment === "taking" ? 40 : 2);
    const later = luck.oneIn(2) ? 0 : luck.whole(40);
    kills.push(...(await killAt(mortal, traffic, luck, { moment, nth, later, againOneIn: 5, sizes })));
  }
  traffic.onMoment = () => undefined;
  return kills;
}

function surviveKills(name: string, seed: number, open: () => Promise<Stage>): void {
  describe(name, () => {
    let prosody: Prosody;
    let stage: Stage;
    beforeAll(async () => {
      [prosody, stage] = await Promise.all([startProsody(), open()]);
    }, 120_000);
    afterAll(async () => {
      await stage?.end();
      await prosody?.remove();
    });

    test(`kill -9 (seed ${seed})`, async () => {
      const began = performance.now();
      const mortal = await Mortal.start(prosody, {
        ...stage.options,
        config: { ...stage.options.config, limits: { commands: 10_000, transfers: 1000, quota: "100 GiB" } },
      });
      const traffic = await StreamTraffic.start(prosody, mortal, chance(seed + 1));
      try {
        const kills = await killAgainAndAgain(traffic, stage.rounds, seed);
        await within(90_000, traffic.ends(), () => traffic.report());
        // What was killed last is looked through, told and swept at the next start.
        await mortal.stop();
        await mortal.revive();
        await settled(traffic);
        await within(30_000, traffic.ends(), () => traffic.report());
        await mortal.stop();
        const facts = await lookThrough(traffic, stage);
        const seconds = Math.round((performance.now() - began) / 1000);
        process.stderr.write(`${name}: ${JSON.stringify({ seed, seconds, letters: traffic.letters.length, kills: kills.join(), ...traffic.attempts, ...facts })}\n`); // prettier-ignore
      } catch (e) {
        process.stderr.write(`${name}: KILL_SEED=${seed}; ${traffic.report()}\n`);
        throw e;
      } finally {
        await traffic.stop();
        await mortal.restante.remove();
      }
    }, 300_000);
  });
}

/** Until nothing is to be swept, and everything that is kept has been told of. */
async function settled(traffic: StreamTraffic): Promise<void> {
  const audit = await openAudit(traffic.mortal.restante.configFile);
  const isSettled = async (): Promise<boolean> => {
    const files = await audit.files(traffic.romeo.bare);
    const told = traffic.letters.flatMap(({ numbers }) => [...numbers]);
    return files.length === told.length && (await audit.index.doomed(1)).length === 0;
  };
  for (const end = Date.now() + 30_000; !(await isSettled()) && Date.now() < end;) await delay(50);
  await audit.close();
}

/** Everything that was promised, against everything that is there. */
async function lookThrough(traffic: StreamTraffic, stage: Stage): Promise<Record<string, number>> {
  const { restante } = traffic.mortal;
  const audit = await openAudit(restante.configFile);
  try {
    expect(traffic.faults).toEqual([]);
    // Nothing acknowledged is lost, and nothing else is there but what Romeo was told of.
    const files = await audit.files(traffic.romeo.bare);
    const promised = traffic.letters.flatMap(({ tape, numbers }) => [...numbers].map((number) => ({ number, name: tape.name, sha256: tape.sha256() }))); // prettier-ignore
    const byNumber = (a: { number: number }, b: { number: number }): number => a.number - b.number;
    const there = await Promise.all(files.map(async (file) => ({ number: file.number, name: file.name, sha256: await audit.stored(file) }))); // prettier-ignore
    expect(there.sort(byNumber)).toEqual(promised.sort(byNumber));

    // No bytes without a record, no record without its bytes, nothing unfinished but what Romeo may go on with.
    const { stored, known } = await audit.keys();
    const cut = await audit.index.cutIntakes(bare(traffic.romeo.bare), 1000);
    const blobs = await Promise.all(files.map(async ({ id }) => (await audit.index.file(id))!.blob.key));
    expect(stored).toEqual(known);
    expect(known).toEqual([...new Set([...blobs, ...cut.map(({ blobKey }) => blobKey)])].sort());
    if (stage.options.config?.["storage"] === undefined) expect(await filesUnder(blobFolder(restante.folder))).toEqual(stored); // prettier-ignore

    // Everything sent is delivered once on record, and told once.
    for (const file of files) {
      const parcels = await audit.parcels(file);
      expect(parcels).toHaveLength(1);
      const events = parcels[0]!.history.map(({ event }) => event);
      expect({ file: file.name, state: parcels[0]!.parcel.state, events, completed: events.filter((e) => e === "complete").length }).toMatchObject({ state: "delivered", completed: 1 }); // prettier-ignore
      expect(events.slice(events.indexOf("complete"))).not.toContain("offer");
      expect(new Set(traffic.receipts.get(file.number))).toHaveProperty("size", 1);
    }
    expect(await audit.index.noticed("", 10)).toEqual([]);

    // Who died with the last byte on its way has, for all that it will ever know, delivered it: no more than that byte may be missing.
    const missing = traffic.letters.filter(({ whole, got, tape }) => whole === 0 && got < tape.size);
    for (const { tape, got } of missing) expect(tape.size - got).toBeLessThanOrEqual(LAST_PIECE);
    return { keptTwice: files.length - traffic.letters.length, setAside: cut.length, lastPieceMissing: missing.length };
  } finally {
    await audit.close();
  }
}

surviveKills("on SQLite and a local folder", SEED, async () => ({
  options: {},
  rounds: ROUNDS || 15,
  end: async () => undefined,
}));

surviveKills("on PostgreSQL and S3", SEED + 7, async () => ({ ...(await postgresAndS3()), rounds: ROUNDS || 5 }));
