/** One connection in which bytes go there and one answer comes back, ended by a zero byte; every wait in it ends. */
import { connect, type Socket } from "node:net";
import type { Clock } from "../lib/clock.js";

/** How long the other side may take nothing of what is sent. */
const STALL_MS = 30_000;
/** Characters of an answer: it is one line. */
const LONGEST = 4_096;

export class Exchange {
  readonly #socket: Socket;
  readonly #clock: Clock;
  #said = "";
  /** Why nothing more comes of it. */
  #over: Error | undefined;
  #isCut = false;
  /** Who waits: told of its end, and of what is answered. */
  #fail: ((why: Error) => void) | undefined;
  #heard: (() => void) | undefined;

  private constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.on("data", (bytes: Buffer) => this.#hear(bytes));
    socket.on("error", (e) => this.#cut(e));
    socket.on("close", () => this.#cut(new Error("it closed the connection without an answer")));
  }

  /** `address`: `tcp://HOST:PORT` or `unix:/PATH`. Rejects with the signal's reason; the signal ends the connection, too. */
  static async open(address: string, patience: number, clock: Clock, signal: AbortSignal): Promise<Exchange> {
    signal.throwIfAborted();
    const socket = connect(placeOf(address));
    const exchange = new Exchange(socket, clock);
    const abort = (): void => exchange.#break(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    socket.once("close", () => signal.removeEventListener("abort", abort));
    await exchange.#within(patience, "takes no connection", (done) => socket.once("connect", done));
    return exchange;
  }

  /** What has been answered so far, once it is whole. */
  get answered(): string | undefined {
    const end = this.#said.indexOf("\0");
    return end < 0 ? undefined : this.#said.slice(0, end);
  }

  /** Whether the other side broke it off. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** The memory is the caller's again when it settles. Rejects when it is not taken, and when an answer came before. */
  async send(bytes: Uint8Array): Promise<void> {
    if (this.#said !== "") throw new Error("it answered before it had everything");
    await this.#within(STALL_MS, "takes nothing", (done) => this.#socket.write(bytes, (e) => !e && done()));
  }

  /** The answer, without its end. */
  async answer(patience: number): Promise<string> {
    await this.#within(patience, "does not answer", (done) => {
      this.#heard = () => this.answered !== undefined && done();
      this.#heard();
    });
    return this.answered!;
  }

  close(): void {
    this.#break(new Error("it was closed"));
  }

  #hear(bytes: Buffer): void {
    this.#said += bytes.toString("utf8");
    if (this.#said.length > LONGEST && this.answered === undefined) this.#break(new Error("its answer has no end"));
    this.#heard?.();
  }

  #cut(why: Error): void {
    if (this.#over) return;
    this.#isCut = true;
    this.#break(why);
  }

  #break(why: Error): void {
    this.#over ??= why;
    this.#socket.destroy();
    this.#fail?.(this.#over);
  }

  /** One wait at a time. */
  async #within(ms: number, what: string, begin: (done: () => void) => void): Promise<void> {
    const cancel = this.#clock.after(ms, () => this.#break(new Error(`it ${what}`)));
    try {
      await new Promise<void>((resolve, reject) => {
        this.#fail = reject;
        begin(resolve);
        if (this.#over) reject(this.#over);
      });
    } finally {
      this.#fail = this.#heard = undefined;
      cancel();
    }
  }
}

function placeOf(address: string): { path: string } | { host: string; port: number } {
  if (address.startsWith("unix:")) return { path: address.slice("unix:".length) };
  const { hostname, port } = new URL(address);
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
}
