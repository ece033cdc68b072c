/**
 * Words between two people who both know us, each under the other's address here (XEP-0106). Nothing but words goes through: no presence, no
 * receipt, no typing, so that neither learns of the other what he is not told. What cannot be handed over waits here for whoever we shall see
 * again; else its sender is told, if he is a member: to people from elsewhere the silence is the same, whether there is such a person or not.
 */
import { createHash } from "node:crypto";
import { Refusal } from "../../lib/errors.js";
import { randomId } from "../../lib/ids.js";
import type { BareJid } from "../../lib/jid.js";
import type { Log } from "../../lib/log.js";
import { standInFor } from "../../lib/stand-in.js";
import type { Services } from "../services.js";
import { acquaintance, firstWord, isStranger, mayReach } from "./consent.js";
import type { Message } from "../ports.js";
import { label, say } from "../words.js";

/** Messages that wait here for one person at the most, beside what else he is to be told. */
const MOST_WAITING = 100;

export interface ConversationParts {
  readonly services: Services;
  /** Our own address, where commands are taken. */
  readonly contact: BareJid;
  readonly log: Log;
}

export class Conversations {
  constructor(private readonly parts: ConversationParts) {}

  /** Settles when the words are on their way. @throws Refusal "bad-address", "recipient-not-served", "blocked", "too-many-invitations", "offline" */
  async pass(from: BareJid, to: BareJid, text: string, message: Message = {}): Promise<void> {
    const { services, contact } = this.parts;
    const { index, speaker, clock, domain, invitations, rules } = services;
    const as = standInFor(from, domain);
    // Who writes to himself would be written to by himself, and so on where it is a program.
    if (!as || from === to) throw new Refusal("bad-address", { address: to });
    if (message.isCut) throw new Refusal("stanza-too-large");
    try {
      await mayReach(services, from, to);
    } catch (e) {
      if (e instanceof Refusal && e.code === "blocked" && !rules.isMember(from)) return;
      throw e;
    }
    const standing = await acquaintance(services, to);
    // A member who has written to him has met us: for anybody else, his words are no answer, nor any way to learn who is there.
    if (standing !== "met" && !rules.isMember(from)) return;
    if (standing !== "met") invitations.take(from, to, "words");
    if (isStranger(standing, "words"))
      await firstWord(services, to, "words", () => speaker.say(to, say("introduction", { who: from, contact }), as));
    const id = (original: string): string => stableId(from, to, original);
    const named = {
      id: message.id === undefined ? randomId() : id(message.id),
      ...(message.corrects !== undefined && { corrects: id(message.corrects) }),
    };
    await speaker.pass(to, text, as, named, () => {
      this.#bounced(from, to, as, text).catch((err: unknown) => this.parts.log.warn({ err }, "words were lost"));
    });
    // Whoever answers has met us.
    const mine = (await index.contact(from))?.standing;
    if (mine === "invited" || mine === "introduced") await index.setContact(from, { standing: "met" }, clock.now());
  }

  /** A server gave them back: for whatever reason, it is the same to a member, and to others nothing. */
  async #bounced(from: BareJid, to: BareJid, as: BareJid, text: string): Promise<void> {
    const { index, notices, speaker, domain, rules } = this.parts.services;
    const isFollowed = (await index.contact(to))?.followed ?? false;
    if (isFollowed && (await index.noticesFor(to, MOST_WAITING)).length < MOST_WAITING)
      return index.addNotices([notices.make(to, "passed-words", { text }, as)]);
    if (rules.isMember(from))
      await speaker.say(from, say("not-passed-on", { who: to, text: label(text) }), standInFor(to, domain));
  }
}

/** The same for the same message, so that corrections (XEP-0308) find it; and nobody else's. */
function stableId(from: BareJid, to: BareJid, id: string): string {
  return createHash("sha256").update(`${from} ${to} ${id}`).digest("base64url").slice(0, 24);
}
