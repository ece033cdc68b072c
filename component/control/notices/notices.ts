/**
 * The outbox: what is to be told to people is written in the transaction of what it tells of, and said when they are there.
 * Somebody whose presence we do not see is told at once: his server keeps it for him.
 */
import { randomId } from "../../lib/ids.js";
import { Refusal, type Details } from "../../lib/errors.js";
import { domainOf, toJid, type BareJid, type Jid } from "../../lib/jid.js";
import type { Clock } from "../../lib/clock.js";
import type { Log } from "../../lib/log.js";
import { personBehind } from "../../lib/stand-in.js";
import { OneAtATime } from "../one-at-a-time.js";
import { sentTo } from "../parcel.js";
import type { Index, Notice, Parcel, Speaker, Whereabouts } from "../ports.js";
import { SUMMARY, Summaries } from "./summaries.js";
import type { Tongues } from "../people/tongues.js";
import { isAway } from "../people/whereabouts.js";
import { WITH_COMMANDS, say, toSender, wordsOf, type Said, type Word } from "../words.js";

const PAGE = 50;

/** Among a notice's details: who says it. */
const SPEAKER = "speaker";

export class Notices {
  /** The lines that tell of several parcels at once: their entries lie in the outbox too. */
  readonly summaries: Summaries;
  readonly #index: Index;
  readonly #speaker: Speaker;
  /** Where commands are taken. */
  readonly #contact: BareJid;
  readonly #whereabouts: Whereabouts;
  readonly #tongues: Tongues;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #telling = new OneAtATime((to) => this.#tell(to));
  /** Who could not be told because the records failed; "everybody" after a round that did. */
  readonly #owed = new Set<BareJid | "everybody">();
  /** Said, but not struck out yet because the records failed. */
  readonly #said = new Set<string>();

  constructor(parts: {
    index: Index;
    tongues: Tongues;
    speaker: Speaker;
    contact: BareJid;
    whereabouts: Whereabouts;
    clock: Clock;
    log: Log;
  }) {
    this.#index = parts.index;
    this.#speaker = parts.speaker;
    this.#contact = parts.contact;
    this.#whereabouts = parts.whereabouts;
    this.#tongues = parts.tongues;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.summaries = new Summaries(parts, (to) => this.flush(to));
  }

  /** A notice to be handed to the index together with what it tells of. `from`: the address of ours that it will come from, if it is not the contact's. */
  make(to: BareJid, kind: Word, details: Details, from: Jid | "" = ""): Notice {
    const said = from === "" ? details : { ...details, [SPEAKER]: from };
    return { id: randomId(), to, kind, details: said, since: this.#clock.now() };
  }

  /** The same to the sender of a parcel: it will come from the address that he sent it to. */
  toSender(parcel: Parcel, kind: Word, more: Details = {}): Notice {
    return this.make(parcel.sender, kind, { ...toSender(parcel), ...more }, sentTo([parcel]));
  }

  /** Says what is waiting for `to`, if he can hear it. One run a person at a time: the order of the notices is kept. */
  flush(to: BareJid): void {
    void this.#telling.run(to);
  }

  /** After the stream came up: everybody with notices, except those whose presence is still to come. */
  async flushAll(): Promise<void> {
    try {
      for (let after: BareJid | "" = ""; ;) {
        const page: BareJid[] = await this.#index.noticed(after, PAGE);
        for (const to of page) await this.#telling.run(to);
        if (page.length < PAGE) return;
        after = page.at(-1)!;
      }
    } catch (e) {
      this.#owed.add("everybody");
      this.#log.warn({ err: e }, "notices wait for the next chance");
    }
  }

  /** Tells those who could not be told because the records failed. */
  retry(): void {
    const owed = [...this.#owed];
    this.#owed.clear();
    if (owed.includes("everybody")) void this.flushAll();
    else for (const to of owed) if (to !== "everybody") this.flush(to);
  }

  /** Never rejects. */
  async #tell(to: BareJid): Promise<void> {
    try {
      for (;;) {
        const parts = { index: this.#index, whereabouts: this.#whereabouts };
        if (this.#whereabouts.resources(to).length === 0 && (await isAway(parts, to))) return;
        const [page] = await Promise.all([this.#index.noticesFor(to, PAGE), this.#tongues.learn(this.#index, to)]);
        let left = 0;
        for (const notice of page) {
          const { id, kind } = notice;
          if (kind === SUMMARY) {
            if (!(await this.summaries.tell(notice))) left++;
            continue;
          }
          // Under its own id: should we die before it is struck out, it is the same message that is sent again.
          if (!this.#said.has(id)) await this.#speaker.tell(to, ...this.#saying(notice), id);
          this.#said.add(id);
          await this.#index.dropNotices([id]);
          this.#said.delete(id);
        }
        if (page.length < PAGE || left === page.length) return;
      }
    } catch (e) {
      // Once the stream is up again, everybody is told anyway.
      if (!(e instanceof Refusal && e.code === "offline")) this.#owed.add(to);
      if (e instanceof Refusal) this.#log.debug({ code: e.code }, "notices wait for the next chance");
      else this.#log.error({ err: e }, "notices could not be said");
    }
  }

  /** What it says, and from where: what is answered to a person's own address goes to that person, so commands are asked for elsewhere. */
  #saying(notice: Notice): [Said, Jid | undefined] {
    const said = wordsOf(notice);
    const speaker = notice.details[SPEAKER];
    const from = typeof speaker === "string" ? toJid(speaker) : undefined;
    // An address at a domain that was ours when it was put down is none to speak from.
    const who = from && personBehind(from, domainOf(this.#contact));
    if (!who) return [said, undefined];
    return [
      WITH_COMMANDS.has(notice.kind) ? [said, say("commands-there", { contact: this.#contact, who })] : said,
      from,
    ];
  }
}
