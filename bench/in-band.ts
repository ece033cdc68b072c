/**
 * In-band bytestreams beside a bare component of xmpp.js that only answers, as it comes and tuned against Nagle: blocks of 4 KiB from a
 * client through Prosody and ejabberd, with 16 blocks under way and one by one. Ours are hashed and kept on disk; they take turns.
 *
 *     node --import ./test/harness/typescript.mjs bench/in-band.ts [prosody] [ejabberd] [--rounds 3] [--seconds 4] [--profile DIR]
 */
import { createHash, randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { readFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startEjabberd } from "../test/harness/ejabberd.js";
import { run, type Running } from "../test/harness/process.js";
import { startProsody } from "../test/harness/prosody.js";
import { tempFolder } from "../test/harness/tmp.js";
import { RawClient } from "./raw-client.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "4" },
    profile: { type: "string" },
  },
});
const ROUNDS = Number(values.rounds);
const SECONDS = Number(values.seconds);
const BLOCK = 4096;
/** Blocks before the counted ones, by which the count is chosen too. */
const WARM_UP = 2000;

type Server = Awaited<ReturnType<typeof startProsody | typeof startEjabberd>>;

interface Candidate {
  readonly name: string;
  readonly pid: number;
  start(): Promise<void>;
  stop(): Promise<void>;
  expect(sid: string, size: number): Promise<void>;
  /** Resolves when it has all; throws when that is not what was sent. */
  kept(sid: string, sha256: string): Promise<void>;
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

function bareComponent({ component, componentPort, secret }: Server, name: "bare" | "tuned"): Candidate {
  let child: Running;
  return {
    name,
    get pid() {
      return child.pid;
    },
    async start() {
      const mode = name === "bare" ? [] : [name];
      child = run(process.execPath, [file("bare-in-band.mjs"), component, String(componentPort), secret, ...mode]);
      await child.waitFor(/^ready/);
    },
    stop: () => child.stop(),
    expect: async () => undefined,
    kept: async () => undefined,
  };
}

function ourselves({ component, componentPort, secret, domain }: Server, folder: string): Candidate {
  const profile = values.profile === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", values.profile];
  const node = [...profile, "--import", file("../test/harness/typescript.mjs"), file("in-band-keeper.ts")];
  let child: Running;
  return {
    name: "restante",
    get pid() {
      return child.pid;
    },
    async start() {
      child = run(process.execPath, [...node, component, String(componentPort), secret, `romeo@${domain}/bench`, folder]); // prettier-ignore
      await child.waitFor(/^ready/);
    },
    stop: () => child.leave(),
    async expect(sid, size) {
      child.write(`${sid} ${size}`);
      await child.waitFor(new RegExp(`^expecting ${sid}$`));
    },
    async kept(sid, sha256) {
      const [, got] = await child.waitFor(new RegExp(`^kept ${sid} (\\w+)`));
      if (got !== sha256) throw new Error("what was kept is not what was sent");
    },
  };
}

let streams = 0;

interface Figure {
  /** Blocks in a second, from the first block to the answer to the last; ours has it on disk by then or right after. */
  readonly rate: number;
  /** Processor time of a block, µs. */
  readonly work: number;
}

/** Seconds of processor time so far. */
async function work(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function send(client: RawClient, to: string, blocks: number, window: number, peer: Candidate): Promise<Figure> {
  const sid = `s${++streams}`;
  const bytes = randomBytes(64 * BLOCK);
  const hash = createHash("sha256");
  const stanzas: Buffer[] = [];
  const texts = Array.from({ length: 64 }, (_, i) => bytes.subarray(i * BLOCK, (i + 1) * BLOCK).toString("base64"));
  for (let seq = 0; seq < blocks; seq++) {
    hash.update(bytes.subarray((seq % 64) * BLOCK, ((seq % 64) + 1) * BLOCK));
    stanzas.push(Buffer.from(`<iq type='set' id='${seq}' to='${to}'><data xmlns='http://jabber.org/protocol/ibb' seq='${seq % 65536}' sid='${sid}'>${texts[seq % 64]!}</data></iq>`)); // prettier-ignore
  }
  await peer.expect(sid, blocks * BLOCK);
  await client.until(`<iq type='set' id='o' to='${to}'><open xmlns='http://jabber.org/protocol/ibb' sid='${sid}' block-size='${BLOCK}'/></iq>`, "<iq"); // prettier-ignore
  const before = await work(peer.pid);
  const began = performance.now();
  await new Promise<void>((resolve, reject) => {
    let sent = 0;
    let answered = 0;
    let tail = "";
    const more = (): void => {
      const until = Math.min(blocks, answered + window);
      if (sent < until) client.send(Buffer.concat(stanzas.slice(sent, until)));
      sent = until;
    };
    client.hear = (text) => {
      const all = tail + text;
      if (all.includes("<error")) return reject(new Error(all.slice(0, 500)));
      for (let at = all.indexOf("<iq"); at >= 0; at = all.indexOf("<iq", at + 3)) answered++;
      tail = all.slice(-2);
      if (answered >= blocks) resolve();
      else more();
    };
    more();
  });
  const took = performance.now() - began;
  client.hear = () => undefined;
  await client.until(`<iq type='set' id='c' to='${to}'><close xmlns='http://jabber.org/protocol/ibb' sid='${sid}'/></iq>`, "<iq"); // prettier-ignore
  await peer.kept(sid, hash.digest("hex"));
  return { rate: (blocks / took) * 1000, work: ((await work(peer.pid)) - before) * (1e6 / blocks) };
}

const median = (list: readonly number[]): number => [...list].sort((x, y) => x - y)[Math.floor(list.length / 2)]!;

async function compare(name: string, server: Server): Promise<void> {
  const folder = await tempFolder("restante-bench");
  const candidates = [bareComponent(server, "bare"), bareComponent(server, "tuned"), ourselves(server, folder.path)];
  for (const window of [16, 1]) {
    const rates = new Map(candidates.map((candidate) => [candidate, [] as Figure[]]));
    for (let round = 0; round < ROUNDS; round++)
      for (const candidate of round % 2 ? candidates.toReversed() : candidates) {
        await candidate.start();
        await delay(500); // ejabberd greets a component before it knows the way to it
        const client = new RawClient(server, "romeo");
        await client.logIn();
        const to = `bot@${server.component}`;
        const { rate } = await send(client, to, WARM_UP, window, candidate);
        rates.get(candidate)!.push(await send(client, to, Math.ceil(rate * SECONDS), window, candidate));
        client.close();
        await candidate.stop();
      }
    const of = (candidate: Candidate, what: keyof Figure): number =>
      median(rates.get(candidate)!.map((figure) => figure[what]));
    const ours = candidates.at(-1)!;
    const others = candidates.slice(0, -1).map((other) =>
      `${other.name} ${of(other, "rate").toFixed(0)}, ratio ${(of(ours, "rate") / of(other, "rate")).toFixed(2)}, work ${of(other, "work").toFixed(0)} µs`); // prettier-ignore
    const figures = `${of(ours, "rate").toFixed(0)} blocks/s, ${((of(ours, "rate") * BLOCK) / 1e6).toFixed(1)} MB/s, work ${of(ours, "work").toFixed(0)} µs a block`;
    console.log(
      `${name}  in-band, blocks of 4 KiB, ${window} under way: ${figures}; ${others.join("; ")} (medians of ${ROUNDS})`,
    );
  }
  await folder.remove();
}

for (const name of positionals.length > 0 ? positionals : ["prosody", "ejabberd"]) {
  const server = await (name === "prosody" ? startProsody() : startEjabberd());
  await compare(name, server);
  await server.remove();
}
process.exit(0);
