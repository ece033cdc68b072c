/** Romeo and Juliet at a bot that both know, and what tests of bad days ask of it. */
import { setTimeout as delay } from "node:timers/promises";
import { xml, xmppUser, type LogInServer, type XmppUser, type XmppUserOptions } from "./clients/xmppjs.js";
import { Origin } from "./origin.js";
import { sha256 } from "./post-office.js";
import { startRestante, type ComponentServer, type Restante, type RestanteOptions } from "./restante.js";
import { bytesOf } from "./seeded.js";

export interface Health {
  readonly ok: boolean;
  readonly component: boolean;
  readonly index: boolean;
  readonly storage: boolean;
}

/** Holds something back until it is opened. */
export class Gate {
  #open!: () => void;
  #reach!: () => void;
  readonly #opened = new Promise<void>((resolve) => (this.#open = resolve));
  /** Settles when something stands before it. */
  readonly reached = new Promise<void>((resolve) => (this.#reach = resolve));

  pass(): Promise<void> {
    this.#reach();
    return this.#opened;
  }

  open(): void {
    this.#open();
  }
}

export class BadDay {
  readonly restante: Restante;
  readonly origin: Origin;
  readonly #server: ComponentServer & LogInServer;
  readonly #users: XmppUser[] = [];
  readonly #sums = new Map<string, string>();

  private constructor(server: ComponentServer & LogInServer, restante: Restante, origin: Origin) {
    this.#server = server;
    this.restante = restante;
    this.origin = origin;
  }

  /** Romeo and Juliet have added the bot, and are away. */
  static async begin(server: ComponentServer & LogInServer, options: RestanteOptions = {}): Promise<BadDay> {
    const day = new BadDay(server, await startRestante(server, options), await new Origin().start());
    for (const name of ["romeo", "juliet"]) {
      const user = await day.user(name);
      await user.subscribe(day.bot);
      await user.stop();
    }
    return day;
  }

  get bot(): string {
    return this.restante.contact;
  }

  /** Logs somebody in. */
  async user(name: string, options?: XmppUserOptions): Promise<XmppUser> {
    const user = await xmppUser(this.#server, name, options);
    this.#users.push(user);
    return user;
  }

  /** A file as it will be sent: its URL at the origin. `gate`: where it is held back in the middle. */
  put(name: string, size: number, gate?: Gate): string {
    const bytes = bytesOf(name, size);
    this.#sums.set(name, sha256(bytes));
    const before = this.origin.onPiece;
    if (gate)
      this.origin.onPiece = async (which, at, of) => {
        await before(which, at, of);
        if (which === name && at >= of / 2 && at < of) await gate.pass();
      };
    return this.origin.put(name, () => bytes);
  }

  sumOf(name: string): string {
    return this.#sums.get(name)!;
  }

  /** Sends a link as clients do. */
  async sendLink(user: XmppUser, url: string): Promise<void> {
    await user.send(xml("message", { to: this.bot, type: "chat", id: url.slice(-20) }, xml("body", {}, url), xml("x", { xmlns: "jabber:x:oob" }, xml("url", {}, url)))); // prettier-ignore
  }

  /** Until the bot says something like it; answers the text. */
  async hear(user: XmppUser, text: RegExp, deadline = 30_000): Promise<string> {
    return (await user.waitMessage(this.bot, text, deadline)).getChildText("body") ?? "";
  }

  async ask(user: XmppUser, words: string, answer: RegExp, deadline?: number): Promise<string> {
    await user.say(this.bot, words);
    return this.hear(user, answer, deadline);
  }

  /** Sends a file and waits until it is kept; answers its number. */
  async keep(user: XmppUser, name: string, size: number): Promise<number> {
    await this.sendLink(user, this.put(name, size));
    return Number(/as number (\d+)/.exec(await this.hear(user, new RegExp(`I keep ${name}`)))![1]);
  }

  /** The link that comes for a file. */
  async link(user: XmppUser, name: string, deadline = 30_000): Promise<string> {
    const isIt = new RegExp(`^http.*/${name}$`);
    return this.hear(user, isIt, deadline);
  }

  /** What somebody has been told by the bot so far that looks like this. */
  told(user: XmppUser, text: RegExp): string[] {
    const mine = user.stanzas.filter((s) => s.is("message") && String(s.attrs.from).startsWith(`${this.bot}`));
    return mine.map((s) => s.getChildText("body") ?? "").filter((body) => text.test(body));
  }

  /** Until /healthz says so. */
  async health(fits: (health: Health) => boolean, deadline = 20_000): Promise<Health> {
    for (const end = Date.now() + deadline; ;) {
      const answer = await fetch(`${this.restante.webUrl}/healthz`, { headers: { connection: "close" } });
      const health = (await answer.json()) as Health;
      if (health.ok !== (answer.status === 200)) throw new Error(`${answer.status} with ${JSON.stringify(health)}`);
      if (fits(health)) return health;
      if (Date.now() > end) throw new Error(`still ${JSON.stringify(health)}`);
      await delay(100); // the page is all that there is to look at
    }
  }

  async end(): Promise<void> {
    for (const user of this.#users) await user.stop();
    await this.origin.stop();
    await this.restante.remove();
  }
}
