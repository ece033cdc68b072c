/**
 * Somebody who lives through everything: his connection is cut, his server and the bot are killed, and he comes again each time. He writes
 * down what he was told and by which message, what he had the bot do, and what he got.
 */
import { setTimeout as delay } from "node:timers/promises";
import { receiveByJingle, speaksJingle, takesJingle } from "../clients/jingle-peer.js";
import { receiveBySi, takesSi, type Taking } from "../clients/si-peer.js";
import { xml, xmppUser, type Element, type LogInServer, type XmppUser } from "../clients/xmppjs.js";
import type { Mortal } from "../mortal.js";

const RECEIPTS = "urn:xmpp:receipts";
const MAM = "urn:xmpp:mam:2";
const RSM = "http://jabber.org/protocol/rsm";
/** For the bot to confirm what was said (ms). */
const PATIENCE = 8_000;

/** By what his client takes files. */
export type Way = "link" | "si" | "jingle";

export class Member {
  /** By the message's id, as often as it came: what the bot said. */
  readonly told = new Map<string, string>();
  /** Files that he was told are kept: number and name. */
  readonly kept = new Map<number, string>();
  /** Numbers that he had deleted, and that he has begun to delete. */
  readonly deleted = new Set<number>();
  readonly deleting = new Set<number>();
  readonly blocked = new Set<string>();
  /** How often he has had all bytes of a file, by its name. */
  readonly whole = new Map<string, number>();
  /** Shown each chat line of the bot as it comes. */
  onLine: (text: string, stanza: Element) => void = () => undefined;
  onOffer: (name: string, size: number) => Taking = () => ({ from: 0, until: Infinity, sink: () => undefined, ended: () => undefined }); // prettier-ignore
  logIns = 0;
  readonly bare: string;
  #user: XmppUser | undefined;
  #waiting: ((user: XmppUser) => void)[] = [];
  #stopped = false;
  #running: Promise<void> | undefined;
  #said = 0;
  /** Whether he shows himself. */
  #shown = true;
  readonly #confirmed = new Map<string, () => void>();

  constructor(
    readonly server: LogInServer,
    readonly name: string,
    readonly way: Way,
    readonly mortal: Mortal,
  ) {
    this.bare = `${name}@${server.domain}`;
  }

  get bot(): string {
    return this.mortal.restante.contact;
  }

  start(): void {
    this.#running = this.#live();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#user?.stop();
    await this.#running;
  }

  /** The present session, or the next. */
  async here(): Promise<XmppUser> {
    return this.#user ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The network is gone under him; he comes again. */
  cut(): void {
    this.#user?.cut();
  }

  /** Shows himself, or seems to have gone. */
  async show(on: boolean): Promise<void> {
    this.#shown = on;
    const user = await this.here();
    if (on) await this.#appear(user);
    else await user.presence({ type: "unavailable" });
  }

  /** Says it until the bot has confirmed that it has it on record. False when that has never come, `limit` ms long. */
  async insist(body: string, limit = 60_000, ...more: Element[]): Promise<boolean> {
    for (const end = Date.now() + limit; Date.now() < end && !this.#stopped;) {
      const life = await this.mortal.alive();
      const user = await this.here();
      const id = `${this.name}-${++this.#said}`;
      const confirmed = new Promise<true>((resolve) => this.#confirmed.set(id, () => resolve(true)));
      try {
        await user.send(xml("message", { to: this.bot, type: "chat", id }, xml("body", {}, body), ...more, xml("request", { xmlns: RECEIPTS }))); // prettier-ignore
        const lost = Promise.race([life.died, user.ended, delay(PATIENCE, undefined, { ref: false })]);
        if (await Promise.race([confirmed, lost.then(() => delay(50))])) return true;
      } catch {
        await delay(100); // the stream ended meanwhile
      } finally {
        this.#confirmed.delete(id);
      }
    }
    return false;
  }

  /** What his server has put down of what the bot said, also while he was not there (XEP-0313). */
  async readArchive(): Promise<void> {
    for (let left = 5; ; left--)
      try {
        return await this.#readArchive(await this.here());
      } catch (e) {
        if (left === 0) throw e;
        this.cut(); // for a session of which nothing was asked before
        await delay(1000);
      }
  }

  async #readArchive(user: XmppUser): Promise<void> {
    user.onStanza((stanza) => {
      const forwarded = stanza.getChild("result", MAM)?.getChild("forwarded", "urn:xmpp:forward:0");
      const message = forwarded?.getChild("message");
      if (message) this.#hear(message);
    });
    for (let after = ""; ;) {
      const place = after === "" ? [] : [xml("after", {}, after)];
      const page = xml("query", { xmlns: MAM }, xml("set", { xmlns: RSM }, xml("max", {}, "5000"), ...place));
      const fin = (await user.request("set", undefined, page, 120_000)).getChild("fin", MAM);
      after = fin?.getChild("set", RSM)?.getChildText("last") ?? "";
      if (fin?.attrs["complete"] === "true" || after === "") return;
    }
  }

  async #live(): Promise<void> {
    while (!this.#stopped) {
      let user: XmppUser | undefined;
      try {
        user = await xmppUser(this.server, this.name, { available: false, smacks: true });
        this.logIns++;
        this.#listen(user);
        if (this.#shown) await this.#appear(user);
        await user.subscribe(this.bot, 20_000);
        this.#user = user;
        for (const resolve of this.#waiting.splice(0)) resolve(user);
        await user.ended;
      } catch {
        await delay(300); // the server is not there yet
      } finally {
        this.#user = undefined;
        await user?.stop();
      }
    }
  }

  #listen(user: XmppUser): void {
    user.onStanza((stanza) => {
      const received = stanza.getChild("received", RECEIPTS);
      if (received) this.#confirmed.get(String(received.attrs["id"]))?.();
      this.#hear(stanza);
    });
    if (this.way === "si") receiveBySi(user, (name, size) => this.onOffer(name, size));
    if (this.way === "jingle") receiveByJingle(user, (name, size) => this.onOffer(name, size));
    else speaksJingle(user);
  }

  async #appear(user: XmppUser): Promise<void> {
    if (this.way === "si") await takesSi(user);
    else if (this.way === "jingle") await takesJingle(user);
    else await user.presence();
  }

  #hear(stanza: Element): void {
    const text = stanza.is("message") ? stanza.getChildText("body") : undefined;
    const { from, id, type } = stanza.attrs as Record<string, string | undefined>;
    if (!text || type === "error" || from?.split("/")[0] !== this.bot) return;
    const isNew = id === undefined || !this.told.has(id);
    if (id !== undefined) this.told.set(id, text);
    const kept = /^I keep (\S+) .* as number (\d+),/.exec(text);
    if (kept) this.kept.set(Number(kept[2]), kept[1]!);
    if (isNew) this.onLine(text, stanza);
  }
}
