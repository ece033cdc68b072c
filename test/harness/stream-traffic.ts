/**
 * Romeo sends files by SI and Jingle to Juliet, who takes them by SI, and to Mercutio, who takes them by Jingle, through a bot that keeps
 * dying. Whoever is cut goes on where he was, and writes down what he was told and what he got.
 */
import { setTimeout as delay } from "node:timers/promises";
import { receiveByJingle, sendTape, speaksJingle, takesJingle } from "./clients/jingle-peer.js";
import { receiveBySi, sendBySi, takesSi, type Taking } from "./clients/si-peer.js";
import { xmppUser, type Element, type LogInServer, type XmppUser } from "./clients/xmppjs.js";
import { closeDownloads, download } from "./download.js";
import { Insistent, type Life, type Mortal } from "./mortal.js";
import type { Chance } from "./seeded.js";
import { Tape } from "./tape.js";

/** Where something is just happening. */
export type Moment = "offering" | "intake" | "last byte in" | "kept" | "offered" | "taking" | "last byte out" | "told";

export interface Letter {
  readonly tape: Tape;
  readonly to: XmppUser;
  /** Whether its recipient is named in the offer, or afterwards. */
  readonly isNamed: boolean;
  /** Every number under which the bot said that it keeps it. */
  readonly numbers: Set<number>;
  /** Of its bytes, how many its recipient has. */
  got: number;
  /** How often he has had all of them. */
  whole: number;
  done: Promise<void>;
}

/** How long an answer may take, and how long a bot that lives again has to say what it knows (ms). */
const PATIENCE = 10_000;
const KNOWS = 5000;

export class StreamTraffic {
  readonly letters: Letter[] = [];
  /** Messages that tell Romeo that somebody has something: by number, their ids. */
  readonly receipts = new Map<number, string[]>();
  /** What came that should not have. */
  readonly faults: string[] = [];
  /** Attempts of Romeo, and of those how many went on in the middle; the same of his friends. */
  readonly attempts = { in: 0, inResumed: 0, out: 0, outResumed: 0, links: 0 };
  onMoment: (moment: Moment) => void = () => undefined;
  readonly #heard: { readonly pattern: RegExp; readonly tell: (text: string) => void }[] = [];
  readonly #insistent: Insistent;

  private constructor(
    readonly romeo: XmppUser,
    readonly juliet: XmppUser,
    readonly mercutio: XmppUser,
    readonly mortal: Mortal,
    readonly chance: Chance,
  ) {
    this.#insistent = new Insistent(romeo, mortal);
    romeo.onStanza((stanza) => this.#hears(stanza));
    for (const user of [juliet, mercutio]) user.onStanza((stanza) => this.#fetches(user, stanza));
  }

  static async start(server: LogInServer, mortal: Mortal, chance: Chance): Promise<StreamTraffic> {
    const [romeo, juliet, mercutio] = [await xmppUser(server, "romeo"), await xmppUser(server, "juliet"), await xmppUser(server, "mercutio")]; // prettier-ignore
    for (const user of [romeo, juliet, mercutio]) await user.subscribe(mortal.restante.contact);
    const traffic = new StreamTraffic(romeo, juliet, mercutio, mortal, chance);
    speaksJingle(romeo);
    receiveBySi(juliet, (name, size) => traffic.#takes(name, size));
    receiveByJingle(mercutio, (name, size) => traffic.#takes(name, size));
    await takesSi(juliet);
    await takesJingle(mercutio);
    return traffic;
  }

  async stop(): Promise<void> {
    closeDownloads();
    for (const user of [this.romeo, this.juliet, this.mercutio]) await user.stop();
  }

  /** Romeo sends one more. */
  post(size: number): Letter {
    const tape = new Tape(`letter-${this.letters.length + 1}.bin`, size);
    const to = this.chance.pick([this.juliet, this.mercutio]);
    const letter: Letter = { tape, to, isNamed: this.chance.oneIn(2), numbers: new Set(), got: 0, whole: 0, done: Promise.resolve() }; // prettier-ignore
    this.letters.push(letter);
    letter.done = this.#send(letter, this.chance.oneIn(2));
    letter.done.catch(() => undefined); // heard in the end
    return letter;
  }

  /** Settles when all that was told to be kept has been told to be delivered. */
  async ends(): Promise<void> {
    await Promise.all(this.letters.map(({ done }) => done));
    await Promise.all(this.letters.flatMap((letter) => [...letter.numbers].map((number) => this.#delivered(letter, number)))); // prettier-ignore
  }

  /** How far everything is, for messages. */
  report(): string {
    const open = this.letters.filter(({ numbers }) => numbers.size === 0 || ![...numbers].every((number) => this.receipts.has(number))); // prettier-ignore
    const words = open.map(({ tape, to, numbers, got }) => `${tape.name} (${[...numbers].join()}): ${got} of ${tape.size} at ${to.bare}`); // prettier-ignore
    return `${words.join("; ")}; ${this.faults.join("; ")}`;
  }

  async #send(letter: Letter, bySi: boolean): Promise<void> {
    const { name } = letter.tape;
    while (letter.numbers.size === 0) {
      const life = await this.mortal.alive();
      const told = this.#until(new RegExp(`^(I keep ${name} |The transfer of ${name} was cut|${name} was not kept)`));
      try {
        await orDead(life, this.#attempt(letter, bySi));
        await orDead(life, told);
      } catch {
        // Perhaps it was told what became of it; perhaps the next life knows; else, or out of impatience, it is offered again.
        await this.mortal.alive();
        if (!this.chance.oneIn(4)) await Promise.race([told, delay(KNOWS)]);
      }
    }
    this.onMoment("kept");
    await Promise.all([...letter.numbers].map((number) => this.#delivered(letter, number)));
    this.onMoment("told");
  }

  async #attempt({ tape, to, isNamed }: Letter, bySi: boolean): Promise<void> {
    const bot = `${this.mortal.restante.contact}/restante`;
    const onPiece = (at: number): void => this.onMoment(at < tape.size ? "intake" : "last byte in");
    const how = { onPiece, about: isNamed ? `to ${to.bare}` : "", patience: PATIENCE };
    this.onMoment("offering");
    const sent = bySi ? sendBySi(this.romeo, bot, tape, Infinity, undefined, how) : sendTape(this.romeo, bot, tape, how); // prettier-ignore
    sent.catch(() => undefined); // it may have died first
    const { from } = await sent;
    this.attempts.in++;
    if (from > 0) this.attempts.inResumed++;
  }

  /** Once for each number. */
  readonly #deliveries = new Map<number, Promise<void>>();
  #delivered({ tape, to, isNamed }: Letter, number: number): Promise<void> {
    const begun = this.#deliveries.get(number);
    if (begun) return begun;
    const has = this.receipts.has(number) ? Promise.resolve("") : this.#until(new RegExp(`^${to.bare} has ${tape.name} \\(number ${number}\\)`)); // prettier-ignore
    const deliver = async (): Promise<void> => {
      if (!isNamed) await this.#insistent.say(`send ${number} to ${to.bare}`);
      await has;
    };
    const delivery = deliver();
    this.#deliveries.set(number, delivery);
    return delivery;
  }

  #until(pattern: RegExp): Promise<string> {
    return new Promise((tell) => this.#heard.push({ pattern, tell }));
  }

  #hears(stanza: Element): void {
    const text = stanza.is("message") ? (stanza.getChildText("body") ?? "") : "";
    const kept = /^I keep (\S+) .* as number (\d+),/.exec(text);
    if (kept) this.letters.find(({ tape }) => tape.name === kept[1])!.numbers.add(Number(kept[2]));
    const has = /^\S+ has \S+ \(number (\d+)\)/.exec(text);
    if (has)
      this.receipts.set(Number(has[1]), [...(this.receipts.get(Number(has[1])) ?? []), String(stanza.attrs["id"])]);
    if (/damaged|more bytes than|Something went wrong|is full|do(es)? not answer/.test(text)) this.faults.push(text);
    for (const waiter of this.#heard.filter(({ pattern }) => pattern.test(text))) {
      this.#heard.splice(this.#heard.indexOf(waiter), 1);
      waiter.tell(text);
    }
  }

  /** From where he was. What comes is looked at byte by byte. */
  #takes(name: string, size: number): Taking {
    const letter = this.letters.find(({ tape }) => tape.name === name)!;
    const from = letter.got < size ? letter.got : 0;
    let place = from;
    this.attempts.out++;
    if (from > 0) this.attempts.outResumed++;
    this.onMoment("offered");
    return {
      from,
      until: Infinity,
      sink: (piece) => {
        if (!letter.tape.matches(piece, place)) this.faults.push(`${name} has other bytes at ${place}`);
        place += piece.length;
        letter.got = Math.max(letter.got, place);
        this.onMoment(place < size ? "taking" : "last byte out");
      },
      ended: () => {
        if (place === size) letter.whole++;
      },
    };
  }

  /** Where streams came to nothing there is the link. */
  #fetches(user: XmppUser, stanza: Element): void {
    const url = stanza.is("message") && stanza.getChild("x", "jabber:x:oob")?.getChildText("url");
    if (!url) return;
    const name = decodeURIComponent(url.split("/").pop()!);
    const letter = this.letters.find(({ tape }) => tape.name === name)!;
    this.attempts.links++;
    download(url, { again: async () => void (await this.mortal.alive()) }).then(
      ({ sha256 }) => {
        if (sha256 === letter.tape.sha256()) letter.whole++;
        else if (sha256 !== "") this.faults.push(`${name} came to ${user.bare} with other bytes`);
      },
      (e: unknown) => this.faults.push(String(e)),
    );
  }
}

/** What it settles with, unless the bot dies first. */
async function orDead<T>(life: Life, what: Promise<T>): Promise<T> {
  return Promise.race([what, life.died.then(() => Promise.reject(new Error("it died")))]);
}
