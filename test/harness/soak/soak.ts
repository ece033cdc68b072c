/**
 * The soak: members live together for some minutes, while the bot and the server are killed at random; then all comes to rest and the books
 * are balanced.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { openAudit } from "../audit.js";
import { closeDownloads } from "../download.js";
import { Mortal } from "../mortal.js";
import { Origin } from "../origin.js";
import { startProsody, type Prosody } from "../prosody.js";
import { chance, type Chance } from "../seeded.js";
import { balance, type Books } from "./books.js";
import { Letters, live, type World } from "./deeds.js";
import { Member, type Way } from "./member.js";
import { take, type Downloads } from "./taking.js";

export interface SoakOptions {
  readonly seed: number;
  /** ms of life, without what it takes to come to rest. */
  readonly time: number;
  readonly members: number;
  /** Between two kills, in ms: from, to. */
  readonly kills: readonly [number, number];
  readonly log?: (line: string) => void;
}

export interface SoakResult extends Books {
  readonly facts: Readonly<Record<string, unknown>>;
}

const WAYS: readonly Way[] = ["link", "si", "jingle"];
/** How long all may take to come to rest (ms). */
const REST = 120_000;

export async function soak({ seed, time, members: count, kills, log = () => undefined }: SoakOptions): Promise<SoakResult> {
  const began = performance.now();
  const luck = chance(seed);
  const names = Array.from({ length: count }, (_, i) => `member${i + 1}`);
  const prosody = await startProsody({ users: names, extra: "max_archive_query_results = 5000\n" });
  const bugs: string[] = [];
  const deaths: number[] = [];
  const mortal = await Mortal.start(prosody, {
    config: { limits: { commands: 10_000, transfers: 8, quota: "24 MiB", file: "8 MiB" }, log: { level: "info" } },
    onLine: (line) => void (/"level":(50|60)/.test(line) && !/"msg":"offline: /.test(line) && bugs.push(line)),
  });
  const members = names.map((name, i) => new Member(prosody, name, WAYS[i % 3]!, mortal));
  const world: World = { luck, members, letters: new Letters(), origin: await new Origin().start(), done: {} };
  const downloads: Downloads = { faults: [], underWay: new Set(), links: 0, resumed: 0 };
  try {
    for (const member of members) {
      take(world, member, downloads);
      member.start();
    }
    await Promise.all(members.map((member) => member.here()));
    log(`${count} members are there`);
    const end = Date.now() + time;
    const isOver = (): boolean => Date.now() >= end;
    const lives = members.map((member) => live(world, member, isOver));
    const killed = await reap(mortal, prosody, luck, kills, isOver, deaths, log);
    await Promise.race([Promise.all(lives), delay(REST, undefined, { ref: false })]);
    log(`all is said: ${JSON.stringify(world.done)}`);
    for (const member of members) await settle(member);
    await rest(mortal, members, downloads);
    await mortal.stop();
    await mortal.revive(); // what was left over is swept at the start
    await rest(mortal, members, downloads);
    await swept(mortal);
    for (const member of members) await member.readArchive();
    await mortal.stop();
    const books = await balance(mortal.restante, world, deaths);
    const facts = {
      seed, seconds: Math.round((performance.now() - began) / 1000), letters: world.letters.all.size, ...killed, deeds: world.done,
      logIns: members.reduce((sum, { logIns }) => sum + logIns, 0), told: members.reduce((sum, { told }) => sum + told.size, 0),
      links: downloads.links, resumed: downloads.resumed, ...books.figures,
    }; // prettier-ignore
    return { faults: [...books.faults, ...downloads.faults, ...bugs], figures: books.figures, facts };
  } finally {
    await Promise.all(members.map((member) => member.stop()));
    closeDownloads();
    await world.origin.stop();
    await mortal.restante.remove();
    await prosody.remove();
  }
} // prettier-ignore

/** Kills until it is over; answers how often. */
async function reap(mortal: Mortal, prosody: Prosody, luck: Chance, [from, to]: readonly [number, number], isOver: () => boolean, deaths: number[], log: (line: string) => void): Promise<Record<string, number>> {
  const killed = { bot: 0, starting: 0, server: 0 };
  while (!isOver()) {
    const next = Date.now() + from + luck.whole(to - from);
    while (Date.now() < next && !isOver()) await delay(250);
    if (isOver()) break;
    if (luck.oneIn(5)) {
      killed.server++;
      deaths.push(Date.now());
      await prosody.kill();
      await prosody.start();
      log("the server was killed");
      continue;
    }
    killed.bot++;
    await mortal.kill();
    if (luck.oneIn(4)) {
      killed.starting++;
      await mortal.killWhileStarting(luck.whole(900));
    }
    await mortal.revive();
    log("the bot was killed");
  }
  return killed;
} // prettier-ignore

/** He shows himself again, and blocks nobody. */
async function settle(member: Member): Promise<void> {
  await member.show(true).catch(() => undefined);
  for (const blocked of [...member.blocked]) if (await member.insist(`unblock ${blocked}`)) member.blocked.delete(blocked); // prettier-ignore
}

/** Until nothing has been said to anybody for a while, and no bytes go. */
async function rest(mortal: Mortal, members: readonly Member[], { underWay }: Downloads): Promise<void> {
  const told = (): number => members.reduce((sum, one) => sum + one.told.size, 0);
  const end = Date.now() + REST;
  for (let [before, quiet] = [-1, 0]; quiet < 6 && Date.now() < end;) {
    await mortal.alive();
    await delay(1000);
    quiet = told() === before && underWay.size === 0 ? quiet + 1 : 0;
    before = told();
  }
}

async function swept(mortal: Mortal): Promise<void> {
  const audit = await openAudit(mortal.restante.configFile);
  for (const end = Date.now() + 40_000; (await audit.index.doomed(1)).length > 0 && Date.now() < end;) await delay(100);
  await audit.close();
}
