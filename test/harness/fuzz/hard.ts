/** All of it: mutated stanzas and exchanges at once against one process, which works afterwards as it did before; and a share through a real server. */
import { bytesOf } from "../seeded.js";
import { BOT, Storm, type Counts, type Exchanges } from "./storm.js";
import { throughProsody, type Passed } from "./through-prosody.js";
import type { Sample } from "./watch.js";

export interface HardOptions {
  readonly seed: number;
  readonly stanzas: number;
  readonly exchanges: number;
  /** Of the stanzas, how many more go through Prosody. */
  readonly throughProsody: number;
  readonly log?: (line: string) => void;
}

export interface HardResult {
  readonly faults: readonly string[];
  readonly stanzas: Counts;
  readonly exchanges: Exchanges;
  readonly prosody: Passed | undefined;
  /** What it held in the middle and at the end, on average, and with everything at rest. */
  readonly middle: Sample;
  readonly last: Sample;
  readonly rest: Sample;
}

/** Parts of the run that are compared. By the first of them the code is compiled, and as much is under way at once as will be. */
const MIDDLE = [0.4, 0.6] as const;
const LAST = [0.8, 1] as const;
/** Of the run, from the one to the other. */
const BETWEEN = 0.4;
/**
 * By how much the means may differ: MiB, and bytes a stanza. What is remembered of people and messages within bounds fills all through the
 * storm, more and more slowly (docs/performance.md); whatever keeps stanzas, sessions or buffers takes hundreds.
 */
const GROWTH = { heap: [10, 32], rss: [30, 100] } as const;

export async function hard({ seed, stanzas, exchanges, throughProsody: through, log = () => undefined }: HardOptions): Promise<HardResult> {
  const storm = await Storm.start("info");
  const { watch } = storm;
  try {
    log(`pid ${storm.restante.process.pid}`);
    // When the last stanza is sent: exchanges may go on for longer, while what stanzas have begun ends.
    const means = (): [Sample, Sample] => [watch.mean(...MIDDLE), watch.mean(...LAST)];
    const [[sent, [middle, last]], exchanged] = await Promise.all([
      storm.stanzas(stanzas, seed, log).then((counts) => [counts, means()] as const),
      storm.exchanges(exchanges, seed + 1),
    ]);
    const faults = [...storm.faults, ...storm.port.faults];
    faults.push(...growth(middle, last, stanzas));
    if (watch.lives) await mainJob(storm).catch((e: unknown) => faults.push(`the main job: ${String(e)}`));
    await watch.stop();
    const rest = await watch.sample();
    if (!watch.lives) faults.push(`it died: ${storm.restante.process.lines.slice(-20).join("\n")}`);
    faults.push(...watch.bugs.values());
    log(`through Prosody: ${through}`);
    const prosody = through > 0 ? await throughProsody(through, seed + 2, storm.urls) : undefined;
    return { faults: [...faults, ...(prosody?.faults ?? [])], stanzas: sent, exchanges: exchanged, prosody, middle, last, rest };
  } finally {
    await storm.close();
  }
} // prettier-ignore

/** What has grown too much for its being caches that fill. */
export function growth(middle: Sample, last: Sample, stanzas: number): string[] {
  return (["heap", "rss"] as const).flatMap((what) => {
    const [noise, each] = GROWTH[what];
    const most = noise + (each * BETWEEN * stanzas) / 2 ** 20;
    const grown = last[what] - middle[what];
    return grown > most ? [`${what} grew from ${middle[what]} to ${last[what]} MiB, ${most.toFixed(1)} at most was to be expected`] : []; // prettier-ignore
  });
}

/** A file in, its offer, its bytes out, and the receipt: through the process that has borne all that. */
async function mainJob({ port, origin }: Storm): Promise<void> {
  const [hero, leander] = ["hero@example.org", "leander@example.org"];
  const name = "after-the-storm.bin";
  const bytes = bytesOf(name, 200_000);
  const url = origin.put(name, () => bytes);
  const says = (from: string, text: string): Promise<void> => port.write(`<message from='${from}/x' to='${BOT}' type='chat'><body>${text}</body></message>`); // prettier-ignore
  const hears = (who: string, text: RegExp): Promise<RegExpExecArray> => {
    let found: RegExpExecArray | null = null;
    const wait = port.wait(`${text} for ${who}`, (s) => s.name === "message" && String(s.attrs["to"]).startsWith(who) && (found = text.exec(s.getChildText("body") ?? "")) !== null); // prettier-ignore
    return wait.then(() => found!);
  };
  await port.write(
    `<presence from='${leander}' to='${BOT}' type='subscribe'/><presence from='${hero}/x' to='${BOT}'/>`,
  );
  const kept = hears(hero, /^I keep \S+ .* as number (\d+),/);
  await says(hero, url);
  const number = (await kept)[1]!;
  // It may be offered as soon as it is sent.
  const told = [hears(leander, /^(http\S+)$/), hears(hero, /^leander@example\.org has /)] as const;
  for (const one of told) one.catch(() => undefined); // heard below
  await says(hero, `send ${number} to ${leander}`);
  await port.write(`<presence from='${leander}/x' to='${BOT}'/>`);
  const got = Buffer.from(await (await fetch((await told[0])[1]!)).arrayBuffer());
  if (!got.equals(bytes)) throw new Error("other bytes");
  await told[1];
}
