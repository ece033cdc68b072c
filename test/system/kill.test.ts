/**
 * kill -9 at random instants of intake, offering and fetching, over and over; then everything is looked through.
 * KILL_SEED repeats a run as far as chance is ours, KILL_ROUNDS is the number of kills on each stage.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { blobFolder, filesUnder, openAudit } from "../harness/audit.js";
import { killAt, postgresAndS3 } from "../harness/killing.js";
import { MailTraffic, type Moment } from "../harness/mail-traffic.js";
import { Mortal, within } from "../harness/mortal.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { chance } from "../harness/seeded.js";
import type { RestanteOptions } from "../harness/restante.js";

const SEED = Number(process.env["KILL_SEED"] ?? Math.floor(Math.random() * 1e9));
const ROUNDS = Number(process.env["KILL_ROUNDS"] ?? 50);

const MOMENTS: readonly Moment[] = [
  "intake", "intake", "last byte in", "last byte in", "kept", "sending", "sending", "sent", "offered", "offered",
  "fetching", "fetching", "fetched", "fetched", "told", "deleting",
]; // prettier-ignore

interface Stage {
  readonly options: RestanteOptions;
  /** Sizes of files, in bytes. */
  readonly sizes: readonly number[];
  end(): Promise<void>;
}

/** Kills, again and again; answers what was killed when. */
async function killAgainAndAgain(mortal: Mortal, traffic: MailTraffic, stage: Stage, seed: number): Promise<string[]> {
  const luck = chance(seed);
  const kills: string[] = [];
  let away = false;
  while (kills.length < ROUNDS) {
    if (luck.oneIn(4) || away) {
      away = !away;
      await traffic.juliet.presence(away ? { type: "unavailable" } : {});
    }
    const moment = luck.pick(MOMENTS.filter((m) => !away || !["offered", "fetching", "fetched", "told", "deleting"].includes(m))); // prettier-ignore
    const nth = 1 + luck.whole(moment === "intake" || moment === "fetching" ? 20 : 2);
    const later = luck.oneIn(2) ? 0 : luck.whole(25);
    const { sizes } = stage;
    kills.push(...(await killAt(mortal, traffic, luck, { moment, nth, later, againOneIn: 8, sizes, away })));
  }
  if (away) await traffic.juliet.presence();
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

    test(`${ROUNDS} × kill -9 (seed ${seed})`, async () => {
      const began = performance.now();
      const mortal = await Mortal.start(prosody, {
        ...stage.options,
        config: { ...stage.options.config, limits: { commands: 10_000, transfers: 1000, quota: "100 GiB" } },
      });
      const traffic = await MailTraffic.start(prosody, mortal, chance(seed + 1));
      try {
        const kills = await killAgainAndAgain(mortal, traffic, stage, seed);
        const ends = Promise.all(traffic.letters.map(({ done }) => done));
        await within(90_000, ends, () => traffic.report());
        await Promise.all(traffic.links.values()); // with the right bytes, all of them
        expect(traffic.refusals).toEqual([]);

        // What was killed last is swept at the next start.
        await mortal.stop();
        await mortal.revive();
        const watch = await openAudit(mortal.restante.configFile);
        const end = Date.now() + 30_000;
        while ((await watch.index.doomed(1)).length > 0 && Date.now() < end) await delay(50);
        await watch.close();
        await mortal.stop();
        const repeatedOffers = await lookThrough(mortal, traffic, stage);

        const starts = mortal.starts.sort((a, b) => a - b);
        const count = (moment: string): number => kills.filter((kill) => kill === moment).length;
        const doubled = [...traffic.receipts.values()].reduce((sum, ids) => sum + ids.length - new Set(ids).size, 0);
        const facts = {
          seed, seconds: Math.round((performance.now() - began) / 1000), letters: traffic.letters.length,
          kills: Object.fromEntries([...new Set(kills)].map((moment) => [moment, count(moment)])),
          startMs: Math.round(starts[starts.length >> 1]!), saidAgainBySender: traffic.insistent.repeated,
          downloadsResumed: traffic.resumed, linksOffered: traffic.links.size, linksDeadWithTheirProcess: traffic.dead,
          offersRepeatedOnRecord: repeatedOffers, receiptsRepeatedUnderTheSameId: doubled,
        }; // prettier-ignore
        process.stderr.write(`${name}: ${JSON.stringify(facts)}\n`);
      } catch (e) {
        process.stderr.write(`${name}: KILL_SEED=${seed}, which is still open:\n${await stillOpen(mortal, traffic)}\n`);
        throw e;
      } finally {
        await traffic.stop();
        await mortal.restante.remove();
      }
    }, 400_000);
  });
}

/** What the records say of letters that have not come to their end. */
async function stillOpen(mortal: Mortal, traffic: MailTraffic): Promise<string> {
  const audit = await openAudit(mortal.restante.configFile);
  try {
    const open = traffic.letters.filter(({ state }) => state !== "delivered" && state !== "deleted");
    const numbers = new Set(open.flatMap((letter) => [...letter.numbers]));
    const files = (await audit.files(traffic.romeo.bare)).filter(({ number }) => numbers.has(number));
    return JSON.stringify(await Promise.all(files.map(async ({ number }, i) => ({ number, parcels: await audit.parcels(files[i]!) })))); // prettier-ignore
  } finally {
    await audit.close();
  }
}

/** Everything that was promised, against everything that is there. Answers how many offers were made twice because a process died over one. */
async function lookThrough(mortal: Mortal, traffic: MailTraffic, stage: Stage): Promise<number> {
  const audit = await openAudit(mortal.restante.configFile);
  let repeated = 0;
  try {
    // No bytes without a record, no record without its bytes, nothing unfinished.
    const { stored, known } = await audit.keys();
    expect(stored).toEqual(known);
    expect(await audit.index.doomed(10)).toEqual([]);
    if (stage.options.config?.["storage"] === undefined)
      expect(await filesUnder(blobFolder(mortal.restante.folder))).toEqual(stored);

    // Nothing acknowledged is lost, and nothing else is there but what Romeo sent.
    const files = await audit.files(traffic.romeo.bare);
    const promised = traffic.letters.flatMap(({ name, sha256, numbers }) => [...numbers].map((n) => ({ n, name, sha256 }))); // prettier-ignore
    expect(files.map(({ number }) => number).sort((a, b) => a - b)).toEqual(promised.map(({ n }) => n).sort((a, b) => a - b)); // prettier-ignore
    for (const { n, name, sha256 } of promised) {
      const file = files.find(({ number }) => number === n)!;
      expect({ n, name: file.name, sha256: await audit.stored(file) }).toEqual({ n, name, sha256 });
    }

    // Everything sent is delivered, once, and told once.
    for (const file of files) {
      const parcels = await audit.parcels(file);
      for (const { parcel, history } of parcels) {
        const events = history.map(({ event }) => event);
        expect({ file: file.name, state: parcel.state, events, completed: events.filter((e) => e === "complete").length }).toMatchObject({ state: "delivered", completed: 1 }); // prettier-ignore
        expect(events.slice(events.indexOf("complete"))).not.toContain("offer");
        const offers = events.filter((event) => event === "offer").length;
        expect(offers).toBeLessThanOrEqual(1 + events.filter((event) => event === "recover").length);
        repeated += offers - 1;
      }
      expect(new Set(traffic.receipts.get(file.number))).toHaveProperty("size", parcels.length);
    }
    expect(await audit.index.noticed("", 10)).toEqual([]);
  } finally {
    await audit.close();
  }
  return repeated;
}

surviveKills("on SQLite and a local folder", SEED, async () => ({
  options: {},
  sizes: [1_000, 60_000, 700_000, 4_000_000],
  end: async () => undefined,
}));

surviveKills("on PostgreSQL and S3", SEED + 7, async () => ({
  ...(await postgresAndS3()),
  sizes: [1_000, 60_000, 700_000, 4_000_000, 20_000_000], // the last in parts
}));
