/** Romeo sends files to Juliet through a bot that keeps dying; both write down what they were told and what they got. */
import { createHash } from "node:crypto";
import { xmppUser, type Element, type LogInServer, type XmppUser } from "./clients/xmppjs.js";
import { closeDownloads, download } from "./download.js";
import { Insistent, type Mortal } from "./mortal.js";
import { Origin } from "./origin.js";
import { bytesOf, type Chance } from "./seeded.js";

/** Where something is just happening. */
export type Moment = "intake" | "last byte in" | "kept" | "sending" | "sent" | "offered" | "fetching" | "fetched" | "told" | "deleting"; // prettier-ignore

export interface Letter {
  readonly name: string;
  readonly sha256: string;
  /** Every number under which the bot said that it keeps it. */
  readonly numbers: Set<number>;
  /** As far as its sender knows. */
  state: "going in" | "kept" | "sent" | "delivered" | "deleted";
  /** Settles when it is on its way: as far as it gets while Juliet is away. */
  sent: Promise<void>;
  /** Settles when it has come to its end. */
  done: Promise<void>;
}

const OOB = "jabber:x:oob";

export class MailTraffic {
  readonly letters: Letter[] = [];
  /** Messages that tell Romeo that Juliet has something: by number, their ids, as often as they came. */
  readonly receipts = new Map<number, string[]>();
  /** Links that Juliet was given, and what she got by them. */
  readonly links = new Map<string, Promise<string>>();
  /** Downloads that took more than one request. */
  resumed = 0;
  /** Links that opened nothing. */
  dead = 0;
  /** What else Romeo was told about files, and what Juliet could not get. */
  readonly refusals: string[] = [];
  /** Called whenever something happens. */
  onMoment: (moment: Moment) => void = () => undefined;
  readonly romeo: XmppUser;
  readonly juliet: XmppUser;
  readonly insistent: Insistent;
  readonly #origin: Origin;
  readonly #mortal: Mortal;
  readonly #chance: Chance;
  /** How far Juliet is, for messages. */
  readonly #got = new Map<string, string>();
  readonly #heard: { readonly pattern: RegExp; readonly tell: (found: RegExpExecArray) => void }[] = [];

  private constructor(romeo: XmppUser, juliet: XmppUser, origin: Origin, mortal: Mortal, chance: Chance) {
    this.romeo = romeo;
    this.juliet = juliet;
    this.#origin = origin;
    this.#mortal = mortal;
    this.#chance = chance;
    this.insistent = new Insistent(romeo, mortal);
    romeo.onStanza((stanza) => this.#romeoHears(stanza));
    juliet.onStanza((stanza) => this.#julietHears(stanza));
    origin.onPiece = (_name, at, size) => this.onMoment(at < size ? "intake" : "last byte in");
  }

  static async start(server: LogInServer, mortal: Mortal, chance: Chance): Promise<MailTraffic> {
    const romeo = await xmppUser(server, "romeo");
    const juliet = await xmppUser(server, "juliet");
    for (const user of [romeo, juliet]) await user.subscribe(mortal.restante.contact);
    return new MailTraffic(romeo, juliet, await new Origin().start(), mortal, chance);
  }

  async stop(): Promise<void> {
    closeDownloads();
    await this.romeo.stop();
    await this.juliet.stop();
    await this.#origin.stop();
  }

  /** Romeo sends one more; some have bytes that were there before under another name. */
  post(size: number): Letter {
    const name = `letter-${this.letters.length + 1}.bin`;
    const seed = this.#chance.oneIn(5) ? "the same" : name;
    const content = (): Buffer => bytesOf(seed, size);
    const sha256 = createHash("sha256").update(content()).digest("hex");
    const letter: Letter = { name, sha256, numbers: new Set(), state: "going in", sent: Promise.resolve(), done: Promise.resolve() }; // prettier-ignore
    this.letters.push(letter);
    letter.sent = new Promise((isSent) => {
      letter.done = this.#send(letter, this.#origin.put(name, content), this.#chance.oneIn(4), isSent);
    });
    letter.done.catch(() => undefined); // heard in the end
    return letter;
  }

  /** How far everything is, for messages. */
  report(): string {
    const open = this.letters.filter(({ state }) => state !== "delivered" && state !== "deleted");
    const words = open.map(({ name, state, numbers }) => `${name} (${[...numbers].join()}): ${state}, ${this.#got.get(name) ?? "not offered"}`); // prettier-ignore
    return `${words.join("; ")}; ${this.refusals.join("; ")}`;
  }

  async #send(letter: Letter, url: string, toDelete: boolean, isSent: () => void): Promise<void> {
    const kept = this.#hears(new RegExp(`^I keep ${letter.name} \\(.*\\) as number (\\d+),`));
    await this.insistent.sendFile(url);
    const number = Number((await kept)[1]);
    letter.state = "kept";
    this.onMoment("kept");
    const has = this.#hears(new RegExp(`^${this.juliet.bare} has ${letter.name} \\(number ${number}\\)`));
    const sent = this.insistent.say(`send ${number} to ${this.juliet.bare}`);
    this.onMoment("sending");
    await sent;
    letter.state = "sent";
    this.onMoment("sent");
    isSent();
    await has;
    letter.state = "delivered";
    this.onMoment("told");
    if (!toDelete) return;
    letter.state = "deleted";
    const gone = this.insistent.say(`del ${number}`);
    this.onMoment("deleting");
    await gone;
    letter.numbers.delete(number);
  }

  #hears(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((tell) => this.#heard.push({ pattern, tell }));
  }

  #romeoHears(stanza: Element): void {
    const text = stanza.is("message") ? (stanza.getChildText("body") ?? "") : "";
    const kept = /^I keep (\S+) .* as number (\d+),/.exec(text);
    if (kept) this.letters.find(({ name }) => name === kept[1])!.numbers.add(Number(kept[2]));
    const has = /^\S+ has \S+ \(number (\d+)\)/.exec(text);
    if (has) this.receipts.set(Number(has[1]), [...(this.receipts.get(Number(has[1])) ?? []), String(stanza.attrs.id)]);
    if (/was not kept|do(es)? not answer|Something went wrong|is full/.test(text)) this.refusals.push(text);
    for (const waiter of [...this.#heard]) {
      const found = waiter.pattern.exec(text);
      if (!found) continue;
      this.#heard.splice(this.#heard.indexOf(waiter), 1);
      waiter.tell(found);
    }
  }

  #julietHears(stanza: Element): void {
    const url = stanza.getChild("x", OOB)?.getChildText("url");
    if (!stanza.is("message") || !url || this.links.has(url)) return;
    const name = decodeURIComponent(url.split("/").pop()!);
    this.#got.set(name, "offered");
    this.onMoment("offered");
    const fetched = download(url, {
      again: async () => void (await this.#mortal.alive()),
      keepAlive: this.#chance.oneIn(2),
      onBytes: (got, size) => {
        this.#got.set(name, `${got} of ${size} fetched`);
        this.onMoment(got < size ? "fetching" : "fetched");
      },
    });
    const letter = this.letters.find((one) => one.name === name)!;
    this.links.set(
      url,
      fetched.then(({ sha256, requests }) => {
        // The bot died before this offer was on record, and another was made; or the letter was deleted after it came by that one.
        if (sha256 === "") this.dead++;
        else if (sha256 !== letter.sha256) throw new Error(`${name} arrived with other bytes`);
        if (requests > 1) this.resumed++;
        return name;
      }),
    );
    this.links.get(url)!.catch((e: unknown) => void this.refusals.push(String(e)));
  }
}
