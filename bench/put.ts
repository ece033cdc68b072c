/**
 * Uploads beside ejabberd's mod_http_upload and Prosody's mod_http_file_share: 200 files of 1 MiB, one by one and 16 at once, and one of 1 GiB.
 * All take turns, and the figures are medians. Restante hashes, and answers when the bytes and their records survive the loss of power; the
 * other two answer when they have written.
 *
 *     npm run build && node --import ./test/harness/typescript.mjs bench/put.ts [--rounds 3] [--no-prosody] [--no-large] [--profile DIR]
 */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { xml, xmppUser, type XmppUser } from "../test/harness/clients/xmppjs.js";
import { startEjabberd } from "../test/harness/ejabberd.js";
import { exec } from "../test/harness/process.js";
import { startProsody } from "../test/harness/prosody.js";
import { startRestante } from "../test/harness/restante.js";
import { tempFolder } from "../test/harness/tmp.js";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    "no-prosody": { type: "boolean", default: false },
    "no-large": { type: "boolean", default: false },
    /** A folder for the program's profiles. */
    profile: { type: "string" },
  },
});
const MIB = 2 ** 20;
const LARGE = 1024 * MIB;
/** Prosody's Lua takes minutes for more. */
const LARGE_OF_PROSODY = 128 * MIB;
const FILES = 200;
const UPLOAD = "urn:xmpp:http:upload:0";

interface Candidate {
  readonly name: string;
  readonly user: XmppUser;
  readonly service: string;
  readonly large: number;
  /** MB/s. */
  readonly one: number[];
  readonly many: number[];
  readonly whole: number[];
}

interface Slot {
  readonly url: URL;
  readonly headers: readonly string[];
}

const folder = await tempFolder("restante-bench");
const prosody = await startProsody({
  plainUploads: true,
  uploadLimit: LARGE,
  extra: `Component "slots.example.test"\n\tcomponent_secret = "secret"\n`,
});
const ejabberd = await startEjabberd({ uploadLimit: LARGE });
const node = values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${values.profile}`];
const limits = { commands: 1_000_000, quota: "1000 GiB", transfers: 100 };
const upload = { domain: "slots.example.test", file: "2 GiB" };
const restante = await startRestante(prosody, { config: { limits, upload, log: { level: "warn" } }, node });
try {
  const source = join(folder.path, "large");
  if (!values["no-large"]) await exec("bash", ["-c", `head -c ${LARGE} /dev/urandom > '${source}'`]);
  const [romeo, juliet] = [await xmppUser(prosody, "romeo"), await xmppUser(ejabberd, "romeo")];
  const candidate = (name: string, user: XmppUser, service: string, large = LARGE): Candidate => ({ name, user, service, large, one: [], many: [], whole: [] }); // prettier-ignore
  const candidates = [
    candidate("restante", romeo, "slots.example.test"),
    candidate("ejabberd", juliet, "upload.example.test"),
    ...(values["no-prosody"] ? [] : [candidate("prosody", romeo, "upload.example.test", LARGE_OF_PROSODY)]),
  ];
  const rounds = Number(values.rounds);
  for (let round = -1; round < rounds; round++)
    for (const one of candidates) {
      const figures = [await small(one, 1), await small(one, 16), values["no-large"] ? NaN : await whole(one, source)];
      if (round < 0) continue; // the first round only warms up
      one.one.push(figures[0]!);
      one.many.push(figures[1]!);
      one.whole.push(figures[2]!);
    }
  const [, other, lua] = candidates;
  for (const { name, one, many, whole } of candidates) {
    const column = (what: string, mine: readonly number[], of: "one" | "many" | "whole"): string =>
      `${what} ${median(mine).toFixed(0).padStart(5)} MB/s (${(median(mine) / median(other![of])).toFixed(2)} × ejabberd${lua ? `, ${(median(mine) / median(lua[of])).toFixed(1)} × Prosody` : ""})`; // prettier-ignore
    process.stdout.write(`${name.padEnd(9)} ${column("one by one", one, "one")} · ${column("16 at once", many, "many")} · ${column("1 GiB", whole, "whole")}\n`); // prettier-ignore
  }
  await romeo.stop();
  await juliet.stop();
} finally {
  await restante.remove();
  await ejabberd.remove();
  await prosody.remove();
  await folder.remove();
}

/** Puts the small files over so many connections; the slots have been asked for before. */
async function small(to: Candidate, connections: number): Promise<number> {
  const slots: Slot[] = [];
  for (let i = 0; i < FILES; i++) slots.push(await ask(to, MIB));
  const body = randomBytes(MIB);
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(slots[0]!.url)));
  const began = performance.now();
  let next = 0;
  await Promise.all(
    sockets.map(async (_, at) => {
      for (let i = next++; i < FILES; i = next++) {
        body.writeUInt32LE(i); // no two are the same
        const mine = Buffer.from(body);
        // ejabberd ends a connection now and then.
        await put(sockets[at]!, slots[i]!, mine).catch(async (e: Error) => {
          if (!e.message.includes("ECONNRESET")) throw e;
          sockets[at] = await open(slots[i]!.url);
          await put(sockets[at], slots[i]!, mine);
        });
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  for (const socket of sockets) socket.destroy();
  return (FILES * MIB) / 1e6 / seconds;
}

async function whole(to: Candidate, source: string): Promise<number> {
  const slot = await ask(to, to.large);
  const file = to.large === LARGE ? source : join(folder.path, "less");
  if (to.large !== LARGE) await writeFile(file, randomBytes(to.large));
  const headers = slot.headers.flatMap((line) => ["-H", line]);
  const out = await exec("curl", ["-sf", "-T", file, "-H", "Expect:", ...headers, "-w", "%{time_total}", "-o", "/dev/null", slot.url.href], { patience: 600_000 }); // prettier-ignore
  return to.large / 1e6 / Number(out);
}

async function ask({ user, service }: Candidate, size: number): Promise<Slot> {
  const request = xml("request", { xmlns: UPLOAD, filename: "file.bin", size: String(size), "content-type": "image/png" }); // prettier-ignore
  const put = (await user.request("get", service, request)).getChild("slot", UPLOAD)!.getChild("put")!;
  const headers = put.getChildren("header").map((h) => `${String(h.attrs["name"])}: ${h.text()}`);
  return { url: new URL(String(put.attrs["url"])), headers: ["Content-Type: image/png", ...headers] };
}

async function open({ hostname, port }: URL): Promise<Socket> {
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, "connect");
  socket.on("error", () => undefined); // a put that it breaks says so itself
  return socket;
}

/** One PUT on a connection that is kept. */
async function put(socket: Socket, { url, headers }: Slot, body: Buffer): Promise<void> {
  const head = [`PUT ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`, `Content-Length: ${body.length}`, ...headers, "", ""].join("\r\n"); // prettier-ignore
  const answer = (once(socket, "data") as Promise<[Buffer]>).catch((e: Error) => {
    throw new Error(`${url.host}${url.pathname}: ${e.message}`);
  });
  socket.cork();
  socket.write(head);
  socket.write(body);
  socket.uncork();
  const [said] = await answer;
  if (!said.toString("latin1").startsWith("HTTP/1.1 201"))
    throw new Error(`${url.host}: ${said.toString("latin1").slice(0, 300)}`);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}
