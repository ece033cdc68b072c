/** Restante as something that is killed and started again under those who use it, and what they do about it. */
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { startRestante, type ComponentServer, type Restante, type RestanteOptions } from "./restante.js";
import { xml, type Element, type XmppUser } from "./clients/xmppjs.js";

const RECEIPTS = "urn:xmpp:receipts";

/** From "ready" to the kill. */
export interface Life {
  readonly died: Promise<void>;
}

export class Mortal {
  readonly restante: Restante;
  /** How long each start took, in ms. */
  readonly starts: number[] = [];
  #life: Life | undefined;
  #die: () => void = () => undefined;
  #waiting: (() => void)[] = [];

  private constructor(restante: Restante) {
    this.restante = restante;
    this.#beginLife();
  }

  static async start(server: ComponentServer, options: RestanteOptions = {}): Promise<Mortal> {
    return new Mortal(await startRestante(server, options));
  }

  /** The present life, or the next one once it has begun. */
  async alive(): Promise<Life> {
    while (!this.#life) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.#life;
  }

  /** kill -9, at once; settles when it is gone. */
  async kill(): Promise<void> {
    process.kill(-this.restante.process.pid, "SIGKILL");
    this.#life = undefined;
    this.#die();
    await this.restante.process.exit;
  }

  /** Begins to start it and kills it `ms` later, ready or not. */
  async killWhileStarting(ms: number): Promise<void> {
    const start = this.restante.start().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, ms));
    await this.restante.process.kill();
    await start;
  }

  /** Until it is ready again. */
  async revive(): Promise<void> {
    const began = performance.now();
    await this.restante.start();
    this.starts.push(performance.now() - began);
    this.#beginLife();
  }

  async stop(): Promise<void> {
    this.#life = undefined;
    this.#die();
    await this.restante.stop();
  }

  #beginLife(): void {
    const died = new Promise<void>((resolve) => (this.#die = resolve));
    this.#life = { died };
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Says things to the bot until it has confirmed that it has them on record (XEP-0184): what dies with it is said again. */
export class Insistent {
  readonly #user: XmppUser;
  readonly #mortal: Mortal;
  readonly #confirmed = new Map<string, () => void>();
  #count = 0;
  #last: Promise<void> = Promise.resolve();
  /** How often something had to be said again. */
  repeated = 0;

  constructor(user: XmppUser, mortal: Mortal) {
    this.#user = user;
    this.#mortal = mortal;
    user.onStanza((stanza) => {
      const received = stanza.getChild("received", RECEIPTS);
      if (received) this.#confirmed.get(String(received.attrs.id))?.();
    });
  }

  /** One after the other, as people do. */
  say(body: string, ...more: Element[]): Promise<void> {
    this.#last = this.#last.then(() => this.#insist(body, more));
    return this.#last;
  }

  async #insist(body: string, more: readonly Element[]): Promise<void> {
    for (;;) {
      const life = await this.#mortal.alive();
      const id = `i${++this.#count}`;
      const confirmed = new Promise<"confirmed">((resolve) => this.#confirmed.set(id, () => resolve("confirmed")));
      const to = this.#mortal.restante.contact;
      await this.#user.send(xml("message", { to, type: "chat", id }, xml("body", {}, body), ...more, xml("request", { xmlns: RECEIPTS }))); // prettier-ignore
      // What was confirmed at the last moment is here before the next life is.
      const lost = life.died.then(() => this.#mortal.alive()).then(() => "lost" as const);
      if ((await Promise.race([confirmed, lost])) === "confirmed") return void this.#confirmed.delete(id);
      this.repeated++;
    }
  }

  /** A file by its link, as clients send one. */
  sendFile(url: string): Promise<void> {
    return this.say(url, xml("x", { xmlns: "jabber:x:oob" }, xml("url", {}, url)));
  }
}

/** Settles with the promise, or rejects with what `state` says when it takes longer. */
export async function within<T>(ms: number, promise: Promise<T>, state: () => string): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ms);
  const expired = once(late.signal, "abort").then(() => Promise.reject(new Error(`not within ${ms} ms: ${state()}`)));
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
