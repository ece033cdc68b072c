/** The counter: what people do in the messenger, judged, done, and answered from the address that they addressed. Nothing but `receive` rejects. */
import { Refusal, asRefusal } from "../lib/errors.js";
import { bareOf, domainOf, toBare, type BareJid, type FullJid, type Jid } from "../lib/jid.js";
import type { Log } from "../lib/log.js";
import type { Said } from "../lib/said.js";
import { personBehind } from "../lib/stand-in.js";
import { Turns } from "../lib/turns.js";
import { isMember, requireMember, type Pace } from "./people/access.js";
import type { Services } from "./services.js";
import { lines } from "./commands/define.js";
import { runLine } from "./commands/index.js";
import { addresseesOf } from "./intake/addressees.js";
import { report as fileReport } from "./people/blocks.js";
import type { Conversations } from "./people/conversations.js";
import type { Intakes } from "./intake/intake.js";
import { AWAY } from "./patience.js";
import { checkPeople, personOf, themselves } from "./people/people.js";
import type { Contact, IncomingFile, IncomingLink, Message, Office, Reception, Resource, StandIn } from "./ports.js";
import type { Receptions } from "./intake/receptions.js";
import { label, say } from "./words.js";

/** Words on subscriptions that wait to be recorded: of one domain, and of all. Beyond, they are not recorded: servers repeat what counts. */
const MOST_OF_ONE = 5_000;
const MOST_OF_ALL = 20_000;

export interface CounterParts {
  readonly services: Services;
  readonly intakes: Intakes;
  readonly receptions: Receptions;
  readonly conversations: Conversations;
  readonly pace: Pace;
  /** Our own address, where commands are taken. */
  readonly contact: BareJid;
  /** Whose people are members. */
  readonly domains: readonly string[];
  readonly log: Log;
}

export class Counter implements Office {
  readonly #parts: CounterParts;
  /** By domain, so that a flood from one keeps nobody's own words waiting for the records for long. */
  readonly #standings: Turns<string>;

  constructor(parts: CounterParts) {
    this.#parts = parts;
    this.#standings = new Turns(MOST_OF_ONE, MOST_OF_ALL, (err) => parts.log.warn({ err }, "a subscription could not be recorded")); // prettier-ignore
  }

  async text(from: Jid, to: Jid, text: string, also: readonly string[] = [], message: Message = {}): Promise<void> {
    await this.#serve(from, to, async (owner, member) => {
      const { services, conversations } = this.#parts;
      const person = this.#personAt(to, from);
      if (person) return conversations.pass(owner, person, text, message);
      const reply = await runLine(services, { owner, member, also: others(also, to) }, text);
      const said = lines(reply);
      if (said.length > 0) await services.speaker.say(from, said, to);
      if (reply.hand) await services.speaker.hand(from, reply.hand.url, reply.hand.file, to, reply.hand.picture);
    });
  }

  async links(
    from: Jid,
    to: Jid,
    links: readonly IncomingLink[],
    also: readonly string[] = [],
    message: Message = {},
  ): Promise<boolean> {
    const noes: Refusal[] = [];
    const no = await this.#serve(from, to, async (owner, member) => {
      const { conversations } = this.#parts;
      const person = this.#personAt(to, from);
      const { beside = "" } = message;
      const words = member ? beside : [beside, ...links.map(({ url }) => url)].join("\n").trim();
      // To those who may not keep files here, it is a conversation and nothing else.
      if (person && !member) return conversations.pass(owner, person, words, message);
      const written = person ? [] : addresseesOf(beside);
      const named = themselves([...others(also, to).map(personOf), ...written], domainOf(to));
      const recipients = checkPeople([...(person ? [person] : []), ...named]);
      const attempt = async (what: () => Promise<void>): Promise<void> => {
        try {
          await what();
        } catch (e) {
          noes.push(this.#refusal(e));
        }
      };
      if (person && words !== "") await attempt(() => conversations.pass(owner, person, words, message));
      for (const link of links) await attempt(() => this.#parts.intakes.begin(from, to, link, recipients));
      const each = new Map(noes.map((refusal) => [refusal.message, refusal.said]));
      if (each.size > 0) await this.#parts.services.speaker.say(from, [...each.values()], to);
    });
    return ![...noes, ...(no ? [no] : [])].some(({ code }) => AWAY.includes(code));
  }

  async receive(from: FullJid, to: Jid, file: IncomingFile, method: "jingle" | "si"): Promise<Reception> {
    const { domains, pace, receptions, services } = this.#parts;
    requireMember(from, domains); // a stranger learns no more, and costs no more
    const turn = pace.take(from);
    try {
      if (turn !== "ok") throw pace.refusal();
      const person = this.#personAt(to, from);
      if (await this.#meet(bareOf(from), true)) services.whereabouts.follow(bareOf(from));
      return await receptions.open(from, to, person ? { ...file, recipients: [person] } : file, method);
    } catch (e) {
      // Gajim and Pidgin show nothing of the reason that their engines are given.
      if (turn !== "ignore") void this.#refuse(from, to, e);
      throw e;
    }
  }

  async report(from: Jid, to: Jid, about: Jid, reason: string, text: string): Promise<void> {
    await this.#serve(from, to, async (by) => {
      const { services } = this.#parts;
      const person = personBehind(about, services.domain) ?? bareOf(about);
      await fileReport(services, by, person, { reason, text });
      await services.speaker.say(from, say("report/done", { who: person }), to);
    });
  }

  async encrypted(from: Jid, to: Jid, scheme: Said): Promise<void> {
    await this.#serve(from, to, () => Promise.reject(new Refusal("encrypted", { scheme })));
  }

  available(resource: Resource): void {
    const { delivery, notices } = this.#parts.services;
    delivery.available(resource);
    notices.flush(bareOf(resource.jid));
  }

  standing(jid: BareJid, change: Partial<Pick<Contact, "standing" | "followed" | "follows">>): Promise<void> {
    const { index, clock } = this.#parts.services;
    // Whoever adds us to his contacts has met us.
    const met = change.follows === true ? { ...change, standing: "met" as const } : change;
    return this.#record(jid, () => index.setContact(jid, met, clock.now()));
  }

  standIn(standIn: StandIn, on: boolean): Promise<void> {
    return this.#record(standIn.owner, () => this.#parts.services.index.setStandIn(standIn, on));
  }

  /** In its turn. Resolves when it is done, or cannot be. */
  #record(jid: BareJid, write: () => Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const record = async (): Promise<void> => void (await write().finally(resolve));
      if (this.#standings.take(domainOf(jid), record)) return;
      this.#parts.log.debug({ jid }, "too many subscriptions at once: not recorded");
      resolve();
    });
  }

  connected(): void {
    void this.#parts.services.notices.flushAll();
  }

  disconnected(): void {
    // Nothing is lost by it: offers and notices wait for the next presence.
  }

  /** Whom the address stands in for; undefined where it is ourselves who are addressed. @throws Refusal "bad-address" where nobody is */
  #personAt(to: Jid, from: Jid): BareJid | undefined {
    const { services, contact } = this.#parts;
    const address = bareOf(to);
    if (address === contact || address === services.domain) return undefined;
    const person = services.rules.personBehind(address, from);
    if (!person) throw new Refusal("bad-address", { address: label(address) });
    return person;
  }

  /** Judges who asks and how often, runs, and says what went wrong; answers it, too. */
  async #serve(
    from: Jid,
    to: Jid,
    run: (owner: BareJid, member: boolean) => Promise<void>,
  ): Promise<Refusal | undefined> {
    const { pace, domains, services } = this.#parts;
    if (services.rules.isRefused(from)) return undefined;
    const turn = pace.take(from);
    if (turn === "ignore") return undefined;
    try {
      if (turn === "refuse") throw pace.refusal();
      const owner = bareOf(from);
      const member = isMember(owner, domains);
      const isNew = await this.#meet(owner, member);
      // Not before: who is seen is offered what waits for him, and he may just be saying that he does not want it.
      await run(owner, member).finally(() => isNew && services.whereabouts.follow(owner));
      return undefined;
    } catch (e) {
      return this.#refuse(from, to, e);
    }
  }

  /** A member who speaks to us is met; somebody else must have been written to first. Answers whether he is to be followed, and is not yet. */
  async #meet(owner: BareJid, member: boolean): Promise<boolean> {
    const { index, tongues, clock } = this.#parts.services;
    const contact = await index.contact(owner);
    if (contact) tongues.note(contact);
    if (!member) {
      if (!contact) throw new Refusal("not-a-member", { domains: this.#parts.domains.join(", ") });
      return false;
    }
    if (contact?.standing !== "met") await index.setContact(owner, { standing: "met" }, clock.now());
    return !contact?.followed;
  }

  async #refuse(from: Jid, to: Jid, thrown: unknown): Promise<Refusal> {
    const { services, log } = this.#parts;
    const refusal = this.#refusal(thrown);
    await services.speaker
      .say(from, refusal.said, to)
      .catch((e: unknown) => log.debug({ err: e }, "a refusal could not be said"));
    return refusal;
  }

  #refusal(thrown: unknown): Refusal {
    const { log } = this.#parts;
    const refusal = asRefusal(thrown);
    if (refusal.code === "internal") log.error({ err: thrown }, "a message could not be served");
    else log.debug({ code: refusal.code, err: refusal.cause }, "refused");
    return refusal;
  }
}

/** Whom he names beside us: lists of addresses name everybody who got the message (XEP-0033), and we are who got it. */
function others(named: readonly string[], us: Jid): string[] {
  return named.filter((address) => toBare(address) !== bareOf(us));
}
