/**
 * How long a recipient who is there waits for a file after its sender's last byte: offered while it comes in, and offered when it is kept.
 * In turns in one run, by stream initiation over SOCKS5, with the same scripted peers at both ends.
 *
 *     npm run build && node --import ./test/harness/typescript.mjs bench/cut-through.ts [--mebibytes 1024] [--rounds 3]
 */
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { receiveBySi, sendBySi, takesSi } from "../test/harness/clients/si-peer.js";
import { xmppUser } from "../test/harness/clients/xmppjs.js";
import { startProsody } from "../test/harness/prosody.js";
import { startRestante } from "../test/harness/restante.js";
import { Tape } from "../test/harness/tape.js";

const { values } = parseArgs({
  options: { mebibytes: { type: "string", default: "1024" }, rounds: { type: "string", default: "3" } },
});
const SIZE = Number(values.mebibytes) * 2 ** 20;
const ROUNDS = Number(values.rounds);
const PATIENCE = 600_000;

const prosody = await startProsody();
const restante = await startRestante(prosody, { config: { log: { level: "warn" }, limits: { file: "8 GiB", quota: "64 GiB" } } }); // prettier-ignore
const bot = restante.contact;
const romeo = await xmppUser(prosody, "romeo");
const juliet = await xmppUser(prosody, "juliet");
for (const user of [romeo, juliet]) await user.subscribe(bot);

/** Called when Juliet has a file. */
let had = (): void => {};
let begunAt = 0;
receiveBySi(juliet, () => {
  begunAt = performance.now();
  return { from: 0, until: Infinity, sink: () => undefined, ended: () => had() };
});
await takesSi(juliet);

/** In seconds. */
interface Times {
  /** From the sender's last byte to the recipient's. */
  readonly after: number;
  /** From his first. */
  readonly whole: number;
}

async function sent(name: string, size: number, named: boolean): Promise<Times> {
  const has = new Promise<void>((resolve) => (had = resolve));
  const tape = new Tape(name, size);
  const began = performance.now();
  let last = 0;
  const onPiece = (at: number): void => void (at === size && (last = performance.now()));
  const about = named ? `to ${juliet.bare}` : "";
  const sending = sendBySi(romeo, `${bot}/restante`, tape, undefined, undefined, { about, onPiece, patience: PATIENCE }); // prettier-ignore
  const kept = romeo.waitMessage(bot, new RegExp(`I keep ${name} `), PATIENCE);
  await sending;
  const [, number] = /as number (\d+)/.exec((await kept).getChildText("body")!)!;
  if (!named) await romeo.say(bot, `send ${number} to ${juliet.bare}`);
  await has;
  const end = performance.now();
  if (named && begunAt > last) throw new Error("it was not offered while it came in");
  await romeo.waitMessage(bot, new RegExp(`${juliet.bare} has ${name} `), PATIENCE);
  await romeo.say(bot, `del ${number}`);
  return { after: (end - last) / 1000, whole: (end - began) / 1000 };
}

const median = (all: number[]): number => all.sort((a, b) => a - b)[Math.floor(all.length / 2)]!;

try {
  await sent("warm-up.bin", 2 ** 20, false);
  const through: Times[] = [];
  const forward: Times[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    forward.push(await sent(`forward-${round}.bin`, SIZE, false));
    through.push(await sent(`through-${round}.bin`, SIZE, true));
  }
  for (const [name, times] of [["store, then forward", forward], ["cut-through", through]] as const)
    console.log(
      `${name.padEnd(20)} ${median(times.map((t) => t.after)).toFixed(2)} s after the last byte, ${median(times.map((t) => t.whole)).toFixed(2)} s in all; each ${times.map((t) => t.after.toFixed(2)).join(" ")}`,
    ); // prettier-ignore
} finally {
  for (const user of [romeo, juliet]) await user.stop();
  await restante.remove();
  await prosody.remove();
}
