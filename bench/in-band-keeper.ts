/**
 * Our side of bench/in-band.ts, as a process: the stream, the router, in-band bytestreams, and the store on disk, which hashes.
 * Usage: in-band-keeper.ts DOMAIN PORT SECRET PEER FOLDER. For each line "SID SIZE" on its input it takes one stream and says "kept SID SHA256".
 */
import { createInterface } from "node:readline";
import { systemClock } from "../component/lib/clock.js";
import { randomId } from "../component/lib/ids.js";
import { toJid } from "../component/lib/jid.js";
import { createLog } from "../component/lib/log.js";
import { InBandStreams } from "../component/messenger/in-band.js";
import { StanzaRouter } from "../component/messenger/router.js";
import { ComponentStream } from "../component/messenger/stream.js";
import { DiskBlobStore } from "../component/storage/blob/disk.js";

const [domain = "", port = "", secret = "", from = "", folder = ""] = process.argv.slice(2);
const log = createLog("warn");
const stream = new ComponentStream({ domain, server: `xmpp://127.0.0.1:${port}`, secret, log });
const inBand = new InBandStreams({ router: new StanzaRouter(stream, log), stream, clock: systemClock });
const blobs = new DiskBlobStore(folder, log);
const [self, peer] = [toJid(`bot@${domain}`)!, toJid(from)!];

async function keep(sid: string, size: number): Promise<void> {
  const { signal } = new AbortController();
  const arrived = inBand.expect({ self, peer, sid }, 65_535, signal);
  console.log(`expecting ${sid}`);
  const bytes = await arrived;
  const writer = await blobs.create(randomId(), size);
  await bytes.receive(size, (chunk) => writer.write(chunk), signal);
  console.log(`kept ${sid} ${(await writer.commit()).sha256}`);
}

await blobs.start();
inBand.start();
await stream.start();
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [sid = "", size = ""] = line.split(" ");
  await keep(sid, Number(size));
}
await stream.stop();
