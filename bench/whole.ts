/**
 * The whole program as a process: how long it takes from its start to "ready" with 1,000,000 waiting parcels, and how much memory it
 * takes while a file of 4 GiB comes in by a link and goes out by one, and another comes in and goes out by stream initiation over SOCKS5.
 *
 *     npm run build && node --import ./test/harness/typescript.mjs bench/whole.ts [--parcels 1000000] [--size 4096]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { receiveBySi, sendBySi, takesSi } from "../test/harness/clients/si-peer.js";
import { xmppUser } from "../test/harness/clients/xmppjs.js";
import { startProsody } from "../test/harness/prosody.js";
import { startRestante, type Restante } from "../test/harness/restante.js";
import { Tape } from "../test/harness/tape.js";
import { fillSqlite } from "./waiting-parcels.js";

const { values } = parseArgs({
  options: { parcels: { type: "string", default: "1000000" }, size: { type: "string", default: "4096" } },
});
const PARCELS = Number(values.parcels);
const SIZE = Number(values.size) * 2 ** 20;

/** The most that the process has had in memory at once, in MiB. */
async function peak(restante: Restante): Promise<number> {
  const status = await readFile(`/proc/${restante.process.pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024;
}

const prosody = await startProsody();
const restante = await startRestante(prosody, {
  config: { log: { level: "warn" }, limits: { file: "8 GiB", quota: "16 GiB" } },
});

// memory
const piece = Buffer.alloc(2 ** 20, "restante ");
const source = createServer((_request, response) => {
  response.writeHead(200, { "content-length": SIZE, "content-type": "application/octet-stream" });
  let left = SIZE;
  const more = (): void => {
    while (left > 0) {
      const part = left >= piece.length ? piece : piece.subarray(0, left);
      left -= part.length;
      if (!response.write(part)) return void response.once("drain", more);
    }
    response.end();
  };
  more();
});
source.listen(0, "127.0.0.1");
await once(source, "listening");
const romeo = await xmppUser(prosody, "romeo");
await romeo.subscribe(restante.contact);
const idle = await peak(restante);
let began = performance.now();
await romeo.say(restante.contact, `http://127.0.0.1:${(source.address() as AddressInfo).port}/film.bin`);
await romeo.waitMessage(restante.contact, /I keep film\.bin/, 300_000);
const tookIn = (performance.now() - began) / 1000;
const afterIn = await peak(restante);
await romeo.say(restante.contact, "get 1");
const url = (await romeo.waitMessage(restante.contact, /^http/)).getChildText("body")!;
began = performance.now();
const [code] = (await once(spawn("curl", ["-sf", "-o", "/dev/null", url], { stdio: "inherit" }), "exit")) as [number];
const tookOut = (performance.now() - began) / 1000;
if (code !== 0) throw new Error(`curl ended with ${code}`);
const rate = (seconds: number): string => `${(SIZE / 1e6 / seconds).toFixed(0)} MB/s`;
console.log(`memory  ${values.size} MiB in by a link at ${rate(tookIn)}, out at ${rate(tookOut)}: RSS at most ${afterIn.toFixed(0)} MiB in, ${(await peak(restante)).toFixed(0)} MiB in all (idle ${idle.toFixed(0)} MiB)`); // prettier-ignore
source.close();

const tape = new Tape("tape.bin", SIZE);
began = performance.now();
await sendBySi(romeo, `${restante.contact}/restante`, tape);
await romeo.waitMessage(restante.contact, /I keep tape\.bin .* as number 2/, 300_000);
const streamedIn = (performance.now() - began) / 1000;
const juliet = await xmppUser(prosody, "juliet", { available: false });
const taken = new Promise<void>((resolve) =>
  receiveBySi(juliet, () => ({ from: 0, until: Infinity, sink: () => (began ||= performance.now()), ended: () => resolve() })),
); // prettier-ignore
began = 0;
await takesSi(juliet);
await juliet.subscribe(restante.contact);
await romeo.say(restante.contact, `send 2 to ${juliet.bare}`);
await taken;
const streamedOut = (performance.now() - began) / 1000;
console.log(`memory  ${values.size} MiB in by SOCKS5 at ${rate(streamedIn)}, out at ${rate(streamedOut)}: RSS at most ${(await peak(restante)).toFixed(0)} MiB in all`); // prettier-ignore
await juliet.stop();
await romeo.stop();

// start
await restante.stop();
fillSqlite(join(restante.folder, "restante.db"), 0, PARCELS);
for (let round = 0; round < 3; round++) {
  began = performance.now();
  await restante.start();
  const ready = performance.now() - began;
  console.log(`start   ${PARCELS} waiting parcels: ready after ${ready.toFixed(0)} ms, RSS ${(await peak(restante)).toFixed(0)} MiB`); // prettier-ignore
  await restante.stop();
}
await restante.remove();
await prosody.remove();
process.exit(0);
