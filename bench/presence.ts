/**
 * Presence → offer, beside a bare component of xmpp.js that answers each presence with a message, as it comes, tuned against Nagle, and with the two messages of an offer: 200 log-ins one by one, and 5,000
 * clients that come online in a burst, on Prosody as Debian configures it and on ejabberd. They take turns on the same server.
 *
 *     npm run build && node --import ./test/harness/typescript.mjs bench/presence.ts [prosody] [ejabberd] [--log-ins 200] [--burst 5000]
 */
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Index, KeptFile } from "../component/control/ports.js";
import { systemClock } from "../component/lib/clock.js";
import { randomId } from "../component/lib/ids.js";
import { bare } from "../component/lib/jid.js";
import { createLog } from "../component/lib/log.js";
import { openIndex } from "../component/storage/index/open.js";
import { startEjabberd } from "../test/harness/ejabberd.js";
import { run } from "../test/harness/process.js";
import { startProsody } from "../test/harness/prosody.js";
import { startRestante, type Restante } from "../test/harness/restante.js";
import { RawClient } from "./raw-client.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "log-ins": { type: "string", default: "200" }, burst: { type: "string", default: "5000" } },
});
const LOG_INS = Number(values["log-ins"]);
const BURST = Number(values.burst);
const OFFER = "jabber:x:oob";
const ROUNDS = 2;
/** Log-ins before the counted ones: a service is not measured in its first second. */
const WARM_UP = LOG_INS > 0 ? 200 : 0;
const AT_ONCE = 50;

interface Server {
  readonly domain: string;
  readonly component: string;
  readonly secret: string;
  readonly c2sPort: number;
  readonly componentPort: number;
  addUser(name: string): Promise<void>;
  remove(): Promise<void>;
}

interface Candidate {
  readonly name: string;
  /** Makes ready what each of these users is to be offered. */
  prepare(users: readonly string[]): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

function bareComponent(server: Server, name: "bare" | "tuned" | "pair"): Candidate {
  const file = fileURLToPath(new URL("bare-component.mjs", import.meta.url));
  let child: ReturnType<typeof run>;
  return {
    name,
    prepare: async () => undefined,
    async start() {
      child = run(process.execPath, [
        file,
        server.component,
        String(server.componentPort),
        server.secret,
        ...(name === "bare" ? [] : [name]),
      ]);
      await child.waitFor(/^ready/);
    },
    stop: () => child.stop(),
  };
}

async function ourselves(server: Server): Promise<Candidate & { end(): Promise<void> }> {
  const restante: Restante = await startRestante(server, { config: { log: { level: "warn" } } });
  await restante.stop();
  const records = async <T>(work: (index: Index) => Promise<T>): Promise<T> => {
    const index = openIndex(`sqlite:${restante.folder}/restante.db`, {
      log: createLog("silent"),
      clock: systemClock,
      role: "tool",
    });
    await index.start();
    try {
      return await work(index);
    } finally {
      await index.stop();
    }
  };
  let file: KeptFile | undefined;
  return {
    name: "restante",
    prepare: (users) =>
      records(async (index) => {
        const now = Date.now();
        if (!file) {
          const intake = {
            id: randomId(),
            owner: bare(`romeo@${server.domain}`),
            method: "link",
            source: "",
            name: "photo.jpg",
            blobKey: randomId(),
            since: now,
          };
          await index.setContact(intake.owner, { standing: "met", followed: true }, now); // and away, as in the main job
          await index.beginIntake(intake);
          file = await index.keep(
            intake,
            { sha256: "00".repeat(32), size: 1000 },
            { name: "photo.jpg", mediaType: "image/jpeg", until: now + 864e5 },
            1e9,
            () => [],
          );
        }
        for (const user of users) {
          const jid = bare(`${user}@${server.domain}`);
          await index.setContact(jid, { standing: "met" }, now);
          await index.createParcel(file, jid, now, now + 864e5);
        }
      }),
    start: () => restante.start(),
    stop: () => restante.stop(),
    end: () => restante.remove(),
  };
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!;

async function inGroups<T>(all: readonly T[], size: number, work: (one: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < all.length; i += size) await Promise.all(all.slice(i, i + size).map(work));
}

/** Milliseconds from each log-in's presence to its offer. Everybody has the bot as a contact. */
async function logIns(server: Server, candidate: Candidate, contacts: readonly string[]): Promise<number[]> {
  await candidate.prepare(contacts);
  await candidate.start();
  const took: number[] = [];
  for (const user of contacts) {
    const client = new RawClient(server, user);
    await client.logIn();
    const began = performance.now();
    await client.until("<presence/>", OFFER);
    took.push(performance.now() - began);
    client.close();
  }
  await candidate.stop();
  return took.slice(WARM_UP);
}

/** Milliseconds from the first presence to the last offer. */
async function burst(server: Server, candidate: Candidate, users: readonly string[]): Promise<number> {
  await candidate.prepare(users);
  await candidate.start();
  const clients = users.map((user) => new RawClient(server, user));
  await inGroups(clients, AT_ONCE, (client) => client.logIn());
  const began = performance.now();
  await Promise.all(
    clients.map((client) => client.until(`<presence/><presence to='bot@${server.component}'/>`, OFFER)),
  );
  const took = performance.now() - began;
  console.error(`${candidate.name}  burst of ${users.length}: ${took.toFixed(0)} ms`);
  for (const client of clients) client.close();
  await candidate.stop();
  return took;
}

const median = (list: readonly number[]): number =>
  quantile(
    [...list].sort((x, y) => x - y),
    0.5,
  );

/** Our figure, the last, and its ratio to each of the others. */
function beside(candidates: readonly Candidate[], figures: readonly number[], unit: string): string {
  const ours = figures.at(-1)!;
  const others = candidates.slice(0, -1).map(({ name }, i) => `${name} ${figures[i]!.toFixed(2)} ${unit}, ratio ${(ours / figures[i]!).toFixed(2)}`); // prettier-ignore
  return [`${ours.toFixed(2)} ${unit}`, ...others].join("; ");
}

async function compare(name: string, server: Server): Promise<void> {
  const plain = bareComponent(server, "bare");
  const tuned = bareComponent(server, "tuned");
  const pair = bareComponent(server, "pair");
  const ours = await ourselves(server);
  const candidates = [plain, tuned, pair, ours];
  const contacts = Array.from({ length: WARM_UP + LOG_INS / ROUNDS }, (_, i) => `contact${i}`);
  await inGroups(contacts, AT_ONCE, (user) => server.addUser(user));
  await plain.start();
  for (const user of contacts) {
    const client = new RawClient(server, user);
    await client.logIn();
    await client.until(`<presence/><presence to='bot@${server.component}' type='subscribe'/>`, "type='subscribe'");
    await client.until(`<presence to='bot@${server.component}' type='subscribed'/>`, OFFER);
    client.close();
  }
  await plain.stop();

  const took = new Map(candidates.map((candidate) => [candidate, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++)
    for (const candidate of round % 2 ? candidates.toReversed() : candidates)
      took.get(candidate)!.push(...(await logIns(server, candidate, contacts)));
  for (const q of LOG_INS > 0 ? [0.5, 0.99] : []) {
    const figures = candidates.map((candidate) =>
      quantile(
        took.get(candidate)!.sort((x, y) => x - y),
        q,
      ),
    );
    console.log(`${name}  presence → offer, p${q * 100} of ${LOG_INS}: ${beside(candidates, figures, "ms")}`);
  }

  if (BURST > 0) {
    const crowd = Array.from({ length: BURST }, (_, i) => `crowd${i}`);
    await inGroups(crowd, AT_ONCE, (user) => server.addUser(user));
    const times = new Map(candidates.map((candidate) => [candidate, [] as number[]]));
    for (let round = 0; round < 3; round++)
      for (const candidate of round % 2 ? candidates.toReversed() : candidates)
        times.get(candidate)!.push(await burst(server, candidate, crowd));
    const figures = candidates.map((candidate) => median(times.get(candidate)!) / 1000);
    console.log(`${name}  ${BURST} in a burst, all offered (medians of 3): ${beside(candidates, figures, "s")}`);
  }
  await ours.end();
}

const wanted = positionals.length > 0 ? positionals : ["prosody", "ejabberd"];
for (const name of wanted) {
  const server = name === "prosody" ? await startProsody({ settings: "debian" }) : await startEjabberd();
  await compare(name, server);
  await server.remove();
}
process.exit(0);
