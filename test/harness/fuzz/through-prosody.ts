/**
 * The storm through a real server: from another component of it, for which it routes whatever it lets through. What it does not let through
 * ends that component's stream, which comes again at once.
 */
import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Element } from "ltx";
import { StreamParser } from "../../../component/messenger/parser.js";
import { startProsody } from "../prosody.js";
import { startRestante } from "../restante.js";
import { chance } from "../seeded.js";
import { StanzaStorm, type Level } from "./stanzas.js";
import { Watch } from "./watch.js";

const HOST = "far.example.test";
const SECRET = "far";
const EACH = 200;
/** The server ends the stream of a component that speaks for others. */
const OURS = /^<\w+ [^>]*from=["'][^"'@/]+@far\.example\.test\/[^"']+["']/;
const PATIENCE = 30_000;

export interface Passed {
  readonly sent: Record<Level, number>;
  /** Streams that the server ended. */
  ended: number;
  /** Streams on which nothing came any more. */
  stalled: number;
  /** Stanzas that came back. */
  heard: number;
  readonly faults: string[];
}

/** So many mutated stanzas. */
export async function throughProsody(count: number, seed: number, urls: readonly string[]): Promise<Passed> {
  const luck = chance(seed);
  const prosody = await startProsody({ extra: `Component "${HOST}"\n  component_secret = "${SECRET}"\n` });
  const watch = new Watch();
  const config = { access: { domains: [prosody.domain, HOST] }, limits: { commands: 1_000_000, transfers: 20, quota: "256 KiB" }, log: { level: "info" } }; // prettier-ignore
  const restante = await startRestante(prosody, { ...watch.options, config });
  const { contact: bot } = restante;
  const { pid } = restante.process;
  const storm = new StanzaStorm(luck, {
    domain: prosody.component,
    bot,
    home: HOST,
    elsewhere: HOST,
    urls,
    port: prosody.httpPort,
  });
  const sent = { elements: 0, order: 0, addresses: 0, bytes: 0, none: 0 };
  const passed: Passed = { sent, ended: 0, stalled: 0, heard: 0, faults: [] };
  let line: Line | undefined;
  let isCalm = false;
  const hear = (stanza: Element): void => {
    passed.heard++;
    if (/Something went wrong|wrong on my side/.test(stanza.toString())) passed.faults.push(stanza.toString());
    for (const answer of isCalm ? [] : storm.hear(stanza)) line?.write(answer);
  };
  try {
    for (let mutated = 0, since = 0, asked = 0; mutated < count;) {
      if (!line || line.ended) {
        if (line) passed.ended++;
        line = await again(prosody.componentPort, hear);
      }
      const mayEnd = luck.oneIn(20);
      const shot = storm.next(mayEnd);
      if (!mayEnd && !OURS.test(String(shot.bytes))) continue;
      line.write(shot.bytes);
      if (shot.breaks) line.write("\0"); // what has not been closed would go on for ever
      sent[shot.level]++;
      if (shot.level !== "none") mutated++;
      if (++since < EACH) continue;
      since = 0;
      if ((await line.serves(bot, ++asked)) || line.ended) continue;
      // What is stuck between the server and us is no matter of the bot's: whoever comes anew is answered.
      passed.stalled++;
      line.close();
      line = await again(prosody.componentPort, hear);
      if (!(await line.serves(bot, asked)) && !line.ended) passed.faults.push(`nothing came back to question ${asked}`);
    }
    if (restante.process.ended || restante.process.pid !== pid) passed.faults.push("it died");
    isCalm = true;
    line?.close();
    line = await again(prosody.componentPort, hear);
    if (!(await line.serves(bot, 0))) passed.faults.push("it serves no more");
    passed.faults.push(...watch.bugs.values());
    return passed;
  } finally {
    line?.close();
    await restante.remove();
    await prosody.remove();
  }
}

/** Once the server has let go of the last one. */
async function again(port: number, hear: (stanza: Element) => void): Promise<Line> {
  for (let left = 20; ; left--)
    try {
      return await Line.open(port, hear);
    } catch (e) {
      if (left === 0) throw e;
      await delay(500);
    }
}

class Line {
  ended = false;
  readonly #socket: Socket;
  readonly #waits = new Map<string, () => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Connects as a component, up to and including the handshake. */
  static open(port: number, hear: (stanza: Element) => void): Promise<Line> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const line = new Line(socket);
    const parser = new StreamParser();
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("the server takes no component")), PATIENCE);
      parser.on("start", (header: Element) => {
        const proof = createHash("sha1").update(`${header.attrs["id"]}${SECRET}`).digest("hex");
        socket.write(`<handshake>${proof}</handshake>`);
      });
      parser.on("element", (stanza: Element) => {
        if (stanza.name === "handshake") {
          clearTimeout(late);
          return resolve(line);
        }
        line.#waits.get(String(stanza.attrs["to"]))?.();
        if (["iq", "message", "presence"].includes(stanza.name)) hear(stanza);
      });
      socket.on("data", (bytes) => {
        try {
          parser.write(bytes);
        } catch {
          socket.destroy(); // its last words
        }
      });
      socket.on("error", () => undefined).on("end", () => socket.end());
      socket.on("close", () => {
        line.ended = true;
        clearTimeout(late);
        reject(new Error("the server has closed the stream"));
        for (const wake of line.#waits.values()) wake();
      });
      socket.write(`<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='${HOST}'>`); // prettier-ignore
    });
  }

  write(bytes: string | Uint8Array): void {
    if (!this.ended) this.#socket.write(bytes);
  }

  /** Whether somebody gets an answer. */
  async serves(bot: string, which: number): Promise<boolean> {
    const nurse = `nurse${which}@${HOST}/ward`;
    let timer: NodeJS.Timeout | undefined;
    const answered = await new Promise<boolean>((resolve) => {
      this.#waits.set(nurse, () => resolve(!this.ended));
      timer = setTimeout(() => resolve(false), PATIENCE);
      this.write(`<message from='${nurse}' to='${bot}' type='chat'><body>list</body></message>`);
      if (this.ended) resolve(false);
    });
    clearTimeout(timer);
    this.#waits.delete(nurse);
    return answered;
  }

  close(): void {
    this.#socket.destroy();
  }
}
