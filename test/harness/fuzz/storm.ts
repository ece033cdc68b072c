/** Restante behind a server that the test plays, under a storm of stanzas and exchanges, watched. */
import { createServer, type AddressInfo, type Server } from "node:net";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { Element } from "ltx";
import { Origin } from "../origin.js";
import { startRestante, type Restante } from "../restante.js";
import { bytesOf, chance, type Chance } from "../seeded.js";
import { exchange } from "./exchange.js";
import { httpBytes, httpFault } from "./http.js";
import { FuzzPort } from "./port.js";
import { socksBytes, socksFault } from "./socks.js";
import { StanzaStorm, type Level } from "./stanzas.js";
import { Watch } from "./watch.js";

const DOMAIN = "files.example.org";
const SLOTS = "upload.example.org";
export const BOT = `bot@${DOMAIN}`;
/** A stream that is broken too often waits longer and longer before it comes again. */
const BREAK_EVERY = 11_000;
const SYNC_EVERY = 500;

export interface Counts {
  readonly sent: Record<Level, number>;
  /** Streams that were broken by what is no XML. */
  broken: number;
  seconds: number;
}

export interface Exchanges {
  http: number;
  socks: number;
  /** To which anything was answered. */
  answered: number;
  readonly statuses: Record<string, number>;
  seconds: number;
}

export class Storm {
  readonly faults: string[] = [];
  /** Links that it handed out, and addresses of streams that it waits for: for storms of exchanges. */
  readonly links: string[] = [];
  readonly addresses: string[] = [];
  readonly uploads: string[] = [];
  #nurses = 0;

  private constructor(
    readonly restante: Restante,
    readonly port: FuzzPort,
    /** Of its upload service. */
    readonly slots: FuzzPort,
    readonly watch: Watch,
    readonly origin: Origin,
    readonly urls: readonly string[],
    readonly listener: Server,
  ) {}

  static async start(logLevel: string): Promise<Storm> {
    const port = await FuzzPort.listen(DOMAIN);
    const slots = await FuzzPort.listen(SLOTS);
    const watch = new Watch();
    const origin = await new Origin().start();
    const urls = Array.from({ length: 40 }, (_, i) => origin.put(`letter${i % 20}.txt`, () => bytesOf(`letter${i % 20}`, i < 38 ? 900 : 90_000))); // prettier-ignore
    const listener = createServer((socket) => socket.on("error", () => undefined).end(Buffer.from([5, 0, 5, 0, 0])));
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    void port.serve();
    void slots.serve();
    const server = { domain: "example.org", component: DOMAIN, componentPort: port.port, secret: "secret" };
    const upload = { domain: SLOTS, server: `xmpp://127.0.0.1:${slots.port}` };
    const limits = { commands: 1_000_000, transfers: 20, file: "1 MiB", quota: "256 KiB" };
    const restante = await startRestante(server, {
      ...watch.options,
      config: { limits, upload, log: { level: logLevel } },
    });
    const storm = new Storm(restante, port, slots, watch, origin, urls, listener);
    port.onStanza = (stanza) => storm.#hear(stanza, port);
    slots.onStanza = (stanza) => storm.#hear(stanza, slots);
    await storm.serves();
    watch.start(restante, 2_000);
    return storm;
  }

  async close(): Promise<void> {
    await this.watch.stop();
    await this.restante.remove();
    await this.port.close();
    await this.slots.close();
    await this.origin.stop();
    this.listener.close();
  }

  /** So many mutated stanzas. */
  async stanzas(count: number, seed: number, log: (line: string) => void = () => undefined): Promise<Counts> {
    const luck = chance(seed);
    const { port } = this.listener.address() as AddressInfo;
    const place = { home: "example.org", elsewhere: "far.example", urls: this.urls, port };
    const source = new StanzaStorm(luck, { ...place, domain: DOMAIN, bot: BOT });
    const beside = new StanzaStorm(luck, { ...place, domain: SLOTS, bot: SLOTS });
    const sent: Counts["sent"] = { elements: 0, order: 0, addresses: 0, bytes: 0, none: 0 };
    const counts: Counts = { sent, broken: 0, seconds: 0 };
    const began = Date.now();
    let broke = Date.now();
    this.#answers.set(this.port, (stanza) => source.hear(stanza)).set(this.slots, (stanza) => beside.hear(stanza));
    for (let mutated = 0, since = 0; mutated < count && this.watch.lives;) {
      const [where, from] = luck.oneIn(12) ? [this.slots, beside] : [this.port, source];
      const shot = from.next(where === this.port && Date.now() - broke >= BREAK_EVERY);
      await where.write(shot.bytes);
      if (luck.oneIn(100)) await this.slots.write(slotRequest(luck, sent.none));
      sent[shot.level]++;
      if (shot.level !== "none" && ++mutated % 50_000 === 0)
        log(`${mutated} stanzas: ${JSON.stringify(this.watch.samples.at(-1))}`);
      if (shot.breaks) {
        // What has not been closed would go on for ever.
        await this.port.write("\0");
        await this.#broken();
        counts.broken++;
        broke = Date.now();
      }
      if (++since >= SYNC_EVERY) {
        since = 0;
        await this.serves().catch((e: unknown) => void this.faults.push(`after ${mutated} stanzas: ${String(e)}`));
      }
    }
    this.#answers.clear();
    counts.seconds = Math.round((Date.now() - began) / 1000);
    return counts;
  }

  /** So many mutated connections, to the web server and to the host of streams, `wide` at a time. */
  async exchanges(count: number, seed: number, wide = 24): Promise<Exchanges> {
    const luck = chance(seed);
    const ports = await this.#ports();
    const done: Exchanges = { http: 0, socks: 0, answered: 0, statuses: {}, seconds: 0 };
    const began = Date.now();
    const one = async (): Promise<void> => {
      const isHttp = luck.oneIn(2);
      const bytes = isHttp ? httpBytes(luck, { links: this.links, uploads: this.uploads }) : socksBytes(luck, this.addresses); // prettier-ignore
      const answer = await exchange(isHttp ? ports.http : ports.socks, bytes, luck);
      const fault = isHttp ? httpFault(answer) : socksFault(answer);
      if (fault !== "" && this.faults.length < 50) this.faults.push(`${fault} to ${bytes.subarray(0, 600).toString("latin1")}`); // prettier-ignore
      done[isHttp ? "http" : "socks"]++;
      if (answer.length > 0) done.answered++;
      const status = isHttp ? answer.subarray(9, 12).toString("latin1") : answer.length > 2 ? `socks ${answer[3]}` : "";
      done.statuses[status] = (done.statuses[status] ?? 0) + 1;
    };
    let left = count;
    const lane = async (): Promise<void> => {
      while (left-- > 0 && this.watch.lives) await one();
    };
    await Promise.all(Array.from({ length: wide }, lane));
    done.seconds = Math.round((Date.now() - began) / 1000);
    return done;
  }

  async #ports(): Promise<{ http: number; socks: number }> {
    const config = await readFile(this.restante.configFile, "utf8");
    return {
      http: Number(new URL(this.restante.webUrl).port),
      socks: Number(/\[streams\]\nlisten = "[^"]*:(\d+)"/.exec(config)![1]),
    };
  }

  /** An ordinary member still gets an ordinary answer. */
  async serves(): Promise<void> {
    // Never the same: each has only so many words in a minute.
    const nurse = `nurse${++this.#nurses % 5000}@example.org/ward`;
    const answer = this.port.wait(`answer to ${nurse}`, (s) => s.name === "message" && s.attrs["to"] === nurse);
    answer.catch(() => undefined); // heard below
    await this.port.write(`<message from='${nurse}' to='${BOT}' type='chat'><body>list</body></message>`);
    const text = (await answer).getChildText("body") ?? "";
    if (!text.startsWith("You keep 0 files")) this.faults.push(`an ordinary question was answered ${text}`);
  }

  /** While there is no storm, nobody's client can do anything. */
  readonly #answers = new Map<FuzzPort, (stanza: Element) => string[]>();

  #hear(stanza: Element, port: FuzzPort): void {
    // What it sends to itself is nobody's to answer: servers bring it back.
    if (stanza.attrs["to"] === port.domain && stanza.attrs["from"] === port.domain)
      return void port.write(stanza.toString());
    for (const answer of (this.#answers.get(port) ?? unable)(stanza)) void port.write(answer);
    const text = stanza.toString();
    if (/Something went wrong|wrong on my side/.test(text) && this.faults.length < 50)
      this.faults.push(text.slice(0, 1000));
    for (const [url, road] of text.matchAll(/http:\/\/127\.0\.0\.1:\d+\/([gpfut])\/[^\s<>"'&]+/g))
      if (url.startsWith(this.restante.webUrl)) newest(road === "g" ? this.links : this.uploads, new URL(url).pathname);
    const address = stanza.getChild("jingle")?.getChild("content")?.getChild("transport")?.attrs["dstaddr"] as unknown;
    if (typeof address === "string") newest(this.addresses, address);
  }

  /** Until the stream has ended and is there again. */
  async #broken(): Promise<void> {
    const { ended } = this.port;
    const end = Date.now() + 20_000;
    while (this.port.ended === ended) {
      if (Date.now() > end) return void this.faults.push("what is no XML did not end the stream");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await this.port.online();
  }
}

function newest<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > 100) list.shift();
}

function unable(stanza: Element): string[] {
  const { id, from, to, type } = stanza.attrs as Record<string, string>;
  const isRequest = stanza.name === "iq" && (type === "get" || type === "set");
  return isRequest ? [`<iq type='error' id='${id}' from='${to}' to='${from}'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`] : []; // prettier-ignore
}

/** A right one (XEP-0363 §5), so that there is always somewhere to bring files. Its name says how long the file is. */
function slotRequest(luck: Chance, count: number): string {
  const size = luck.pick([1, 5, 900, 20_000]);
  return `<iq type='get' id='slot${count}' from='p${luck.whole(60)}@example.org/a' to='${SLOTS}'><request xmlns='urn:xmpp:http:upload:0' filename='slot${count}-${size}.bin' size='${size}'/></iq>`;
}
