/**
 * Downloads beside nginx and beside Prosody's own mod_http_file_share: one file of 1 GiB by curl, and 200 files of 1 MiB by wrk, 16 at once.
 * nginx serves hard links to the very blobs that Restante serves; all take turns, and the figures are medians.
 *
 *     apt-get install wrk && npm run build && node --import ./test/harness/typescript.mjs bench/web-get.ts [--rounds 5] [--no-prosody] [--profile DIR]
 */
import { createReadStream } from "node:fs";
import { link, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../component/lib/clock.js";
import { newToken, randomId } from "../component/lib/ids.js";
import { bare } from "../component/lib/jid.js";
import { linkUrl } from "../component/lib/link-url.js";
import { createLog } from "../component/lib/log.js";
import { DiskBlobStore } from "../component/storage/blob/disk.js";
import { openIndex } from "../component/storage/index/open.js";
import { xml, xmppUser } from "../test/harness/clients/xmppjs.js";
import { startNginx } from "../test/harness/nginx.js";
import { exec } from "../test/harness/process.js";
import { startProsody, type Prosody } from "../test/harness/prosody.js";
import { startRestante, type Restante } from "../test/harness/restante.js";
import { tempFolder } from "../test/harness/tmp.js";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    "no-prosody": { type: "boolean", default: false },
    /** A folder for the program's profiles. */
    profile: { type: "string" },
  },
});
const ROUNDS = Number(values.rounds);
const MIB = 2 ** 20;
const BIG = 1024 * MIB;
/** Prosody's Lua takes minutes for more. */
const BIG_OF_PROSODY = 128 * MIB;
const SMALL_FILES = 200;
const UPLOAD = "urn:xmpp:http:upload:0";

interface Candidate {
  readonly name: string;
  readonly pid: number;
  readonly big: string;
  readonly small: readonly string[];
}

interface Figures {
  /** MB/s. */
  readonly big: number[];
  readonly small: number[];
  /** Seconds of processor time for each GiB. */
  readonly bigWork: number[];
  readonly smallWork: number[];
}

const folder = await tempFolder("restante-bench");
const root = join(folder.path, "root");
await mkdir(root);
const prosody = await startProsody({ plainUploads: true, uploadLimit: BIG, settings: "shared" });
const node = values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${values.profile}`];
const restante = await startRestante(prosody, { config: { log: { level: "warn" } }, node });
try {
  const links = await fillRestante(restante);
  const nginx = await startNginx(root);
  const names = Array.from({ length: SMALL_FILES }, (_, i) => `small${i}`);
  const candidates: Candidate[] = [
    { name: "nginx", pid: nginx.pid, big: `${nginx.url}/big`, small: names.map((name) => `${nginx.url}/${name}`) },
    { name: "restante", pid: restante.process.pid, big: links[0]!, small: links.slice(1) },
  ];
  if (!values["no-prosody"]) candidates.push(await fillProsody(prosody));
  const figures = new Map(candidates.map(({ name }) => [name, { big: [], small: [], bigWork: [], smallWork: [] }])); // prettier-ignore
  for (let round = -1; round < ROUNDS; round++)
    for (const candidate of candidates) await measure(candidate, round < 0 ? undefined : figures.get(candidate.name)!);
  for (const candidate of candidates) await print(candidate, figures);
  await nginx.stop();
} finally {
  await restante.remove();
  await prosody.remove();
  await folder.remove();
}

/** The first round only warms up. */
async function measure({ big, small, pid }: Candidate, figures: Figures | undefined): Promise<void> {
  const before = await processorTime(pid);
  const [speed, bytes] = (
    await exec("curl", ["-s", "-o", "/dev/null", "-w", "%{speed_download} %{size_download}", big])
  )
    .split(" ")
    .map(Number) as [number, number];
  const between = await processorTime(pid);
  const script = join(folder.path, "urls.lua");
  const paths = small.map((url) => JSON.stringify(new URL(url).pathname)).join();
  await writeFile(
    script,
    `local paths, i = { ${paths} }, 0\nrequest = function() i = i % #paths + 1; return wrk.format("GET", paths[i]) end\n`,
  );
  const report = await exec("wrk", [
    "-t1",
    "-c16",
    "-d3s",
    "--timeout",
    "60s",
    "-s",
    script,
    new URL(small[0]!).origin,
  ]);
  const after = await processorTime(pid);
  const [, requests, seconds] = /(\d+) requests in ([\d.]+)s/.exec(report)!.map(Number) as [number, number, number];
  if (/Non-2xx|Socket errors/.test(report)) throw new Error(report);
  figures?.big.push(speed / 1e6);
  figures?.bigWork.push((between - before) / (bytes / 2 ** 30));
  figures?.small.push((requests * MIB) / 1e6 / seconds);
  figures?.smallWork.push((after - between) / (requests / 1024));
}

async function print({ name, pid }: Candidate, figures: Map<string, Figures>): Promise<void> {
  const [mine, nginx] = [figures.get(name)!, figures.get("nginx")!];
  const column = (rate: "big" | "small", work: "bigWork" | "smallWork"): string =>
    `${median(mine[rate]).toFixed(0).padStart(5)} MB/s = ${(median(mine[rate]) / median(nginx[rate])).toFixed(2)} × nginx, ${median(mine[work]).toFixed(2)} s/GiB`;
  const peak = /VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))![1];
  process.stdout.write(
    `${name.padEnd(9)} one large: ${column("big", "bigWork")} · 16 × 1 MiB: ${column("small", "smallWork")} · peak memory ${(Number(peak) / 1024).toFixed(0)} MiB\n`,
  );
}

/** Keeps the files with records and links, as the program does, and links their blobs into nginx's folder. The first URL is the big file's. */
async function fillRestante(restante: Restante): Promise<string[]> {
  await restante.stop();
  const log = createLog("silent");
  const blobs = join(restante.folder, "blobs");
  const store = new DiskBlobStore(blobs, log);
  const index = openIndex(`sqlite:${restante.folder}/restante.db`, { log, clock: systemClock, role: "tool" });
  await Promise.all([store.start(), index.start()]);
  const urls: string[] = [];
  const owner = bare("romeo@example.test");
  for (let i = -1; i < SMALL_FILES; i++) {
    const name = i < 0 ? "big" : `small${i}`;
    const now = systemClock.now();
    const blobKey = randomId();
    const intake = { id: randomId(), owner, method: "link", source: "", name, blobKey, since: now };
    await index.beginIntake(intake);
    const writer = await store.create(blobKey);
    for await (const chunk of createReadStream("/dev/urandom", { end: (i < 0 ? BIG : MIB) - 1, highWaterMark: MIB }))
      await writer.write(chunk as Buffer);
    const blob = await writer.commit();
    const until = now + 864e5;
    const file = await index.keep(intake, blob, { name, mediaType: "image/png", until }, 1e12, () => []);
    const { token, hash } = newToken();
    await index.addLink({ hash, fileId: file.id, parcelId: undefined, since: now, until, served: [] });
    urls.push(linkUrl(restante.webUrl, token, name));
    await link(join(blobs, blobKey[0]!, blobKey), join(root, name));
  }
  await Promise.all([store.stop(), index.stop()]);
  await restante.start();
  return urls;
}

/** Uploads as a client does (XEP-0363): a large file, and one small one that is fetched again and again. */
async function fillProsody(server: Prosody): Promise<Candidate> {
  const user = await xmppUser(server, "romeo");
  const keep = async (size: number): Promise<string> => {
    const request = xml("request", {
      xmlns: UPLOAD,
      filename: "file.bin",
      size: String(size),
      "content-type": "image/png",
    });
    const answer = await user.request("get", `upload.${server.domain}`, request);
    const slot = answer.getChild("slot", UPLOAD)!;
    const put = slot.getChild("put")!;
    const headers = put.getChildren("header").flatMap((h) => ["-H", `${String(h.attrs["name"])}: ${h.text()}`]);
    const path = join(root, size === MIB ? "small0" : "big");
    const source = join(folder.path, `upload${size}`);
    await exec("bash", ["-c", `head -c ${size} '${path}' > '${source}'`]);
    const sent = ["-sf", "-T", source, "-H", "Content-Type: image/png", ...headers, String(put.attrs["url"])];
    await exec("curl", sent, { patience: 600_000 });
    return String(slot.getChild("get")!.attrs["url"]);
  };
  const [big, small] = [await keep(BIG_OF_PROSODY), await keep(MIB)];
  await user.stop();
  return { name: "prosody", pid: server.pid, big, small: [small] };
}

/** Seconds of the process and those that it forked. */
async function processorTime(pid: number): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ").filter(Boolean);
  let ticks = 0;
  for (const one of [String(pid), ...children]) {
    const fields = (await readFile(`/proc/${one}/stat`, "utf8")).split(") ")[1]!.split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / 100;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}
