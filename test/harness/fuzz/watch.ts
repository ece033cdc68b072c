/** The program under the storm: how much it holds once its garbage is collected, and every line of its log that tells of a bug. */
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Restante, RestanteOptions } from "../restante.js";
import { vitals } from "../vitals.js";

const HOOK = fileURLToPath(new URL("collect.mjs", import.meta.url));

/** MiB, and open descriptors. */
export interface Sample {
  readonly rss: number;
  /** What JavaScript holds, and what lies outside its heap. */
  readonly heap: number;
  readonly external: number;
  readonly descriptors: number;
}

/** Programming mistakes, at whatever level they are logged, and everything at level error that is not the stream's own end. */
const BUG = /"type":"(Type|Range|Reference|Syntax|Assertion|Aggregate)Error"|"code":"ERR_(INVALID|OUT_OF|STREAM_WRITE_AFTER|UNHANDLED)|MaxListenersExceeded|Warning:|FATAL|Uncaught/; // prettier-ignore
const ERROR = /"level":(50|60)/;

export class Watch {
  readonly samples: Sample[] = [];
  /** Lines of the log that tell of a bug: the first of each kind, at most so many. */
  readonly bugs = new Map<string, string>();
  /** For the program's start. */
  readonly options: Pick<RestanteOptions, "node" | "onLine"> = {
    node: ["--expose-gc", "--trace-warnings", "--import", HOOK],
    onLine: (line) => this.#look(line),
  };
  readonly #allowed: RegExp;
  #restante: Restante | undefined;
  #pid = 0;
  #isOver = false;
  #isBelow = false;
  #running: Promise<void> | undefined;

  /** `allowed`: errors in the log that are meant. */
  constructor(allowed = /"msg":"offline: /) {
    this.#allowed = allowed;
  }

  /** Begins to look every so many ms. */
  start(restante: Restante, every: number): void {
    this.#restante = restante;
    this.#pid = restante.process.pid;
    this.#running = this.#run(every);
  }

  /** Whether it still is the process that it was. */
  get lives(): boolean {
    return this.#restante !== undefined && !this.#restante.process.ended && this.#restante.process.pid === this.#pid;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async sample(): Promise<Sample> {
    const { process } = this.#restante!;
    process.signal("SIGUSR2");
    const told = await process.waitFor(/^collected (.*)$/, 60_000);
    const { heapUsed, external } = JSON.parse(told[1]!) as NodeJS.MemoryUsage;
    const { rss, descriptors } = await vitals(this.#pid);
    const mib = (bytes: number): number => Math.round(bytes / 2 ** 18) / 4;
    const sample = { rss: mib(rss), heap: mib(heapUsed), external: mib(external), descriptors };
    this.samples.push(sample);
    return sample;
  }

  /** The means of the samples from one part of the run up to another, as shares of it. */
  mean(from: number, to: number): Sample {
    const { length } = this.samples;
    const first = Math.floor(from * length);
    const part = this.samples.slice(first, Math.max(first + 1, Math.floor(to * length)));
    const of = (key: keyof Sample): number => Math.round((10 * part.reduce((sum, s) => sum + s[key], 0)) / part.length) / 10; // prettier-ignore
    return { rss: of("rss"), heap: of("heap"), external: of("external"), descriptors: of("descriptors") };
  }

  async #run(every: number): Promise<void> {
    while (!this.#isOver && this.lives) {
      await this.sample().catch(() => undefined); // it has died, which is seen by whoever asks
      for (const end = Date.now() + every; Date.now() < end && !this.#isOver;) await delay(100);
    }
  }

  #look(line: string): void {
    // The stack of a warning of Node stands below it.
    if (/^ {4}at /.test(line)) {
      const last = [...this.bugs.keys()].at(-1);
      if (this.#isBelow && last !== undefined) this.bugs.set(last, `${this.bugs.get(last)}\n${line}`);
      return;
    }
    this.#isBelow = /Warning: /.test(line);
    if (!(BUG.test(line) || ERROR.test(line)) || this.#allowed.test(line)) return;
    const kind = /"stack":"([^"]{0,200})/.exec(line)?.[1] ?? line.replace(/\d+/g, "0").slice(0, 200);
    if (this.bugs.size < 50 && !this.bugs.has(kind)) this.bugs.set(kind, line.slice(0, 2000));
  }
}
