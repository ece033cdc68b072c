/**
 * In which language each person is spoken to: the one that he chose (in the records), else that of the last stanza of his that said one
 * (xml:lang, which some servers take over from his stream), else English. In memory, and bounded: whoever is not known is looked up beside
 * what is read for him anyway ({@link learn}); `of` never waits.
 */
import { chooseLanguage, FALLBACK, type Language, languageOf } from "../../lib/languages/index.js";
import { bareOf, type BareJid, type Jid } from "../../lib/jid.js";
import { detached } from "../../lib/text.js";
import type { Contact, Index } from "../ports.js";

/** People in memory; whoever came first goes first. */
const MOST = 50_000;
/** Tags are any text; those that are in use are few. */
const MOST_TAGS = 200;
/** No tag in use is longer (RFC 5646 §4.4.1). */
const LONGEST_TAG = 35;

interface Known {
  /** "": he has not; undefined: it has not been looked up. */
  readonly chosen: Language | "" | undefined;
  readonly heard: Language | undefined;
}

export class Tongues {
  readonly #people = new Map<BareJid, Known>();
  readonly #tags = new Map<string, Language | undefined>();

  constructor(private readonly most = MOST) {}

  of(jid: Jid): Language {
    const known = this.#people.get(bareOf(jid));
    return known?.chosen || (known?.heard ?? FALLBACK);
  }

  /** What he chose, as far as it is known; "" for nothing. */
  chosenBy(jid: BareJid): Language | "" {
    return this.#people.get(jid)?.chosen ?? "";
  }

  /** The records say so. */
  note({ jid, language }: Pick<Contact, "jid" | "language">): void {
    const known = this.#people.get(jid);
    const chosen = languageOf(language) ?? "";
    if (known?.chosen !== chosen) this.#set(jid, { chosen, heard: known?.heard });
  }

  /** He sent a stanza that says a language, or none. */
  heard(from: Jid, tag: string | undefined): void {
    const heard = tag === undefined ? undefined : this.#choose(tag);
    if (heard === undefined) return;
    const jid = bareOf(from);
    const known = this.#people.get(jid);
    if ((known?.heard ?? FALLBACK) !== heard) this.#set(jid, { chosen: known?.chosen, heard });
  }

  /** Looks up what he chose, unless it is known. Never rejects. */
  async learn(index: Pick<Index, "contact">, jid: BareJid): Promise<void> {
    if (this.#people.get(jid)?.chosen !== undefined) return;
    try {
      this.note((await index.contact(jid)) ?? { jid, language: "" });
    } catch {
      // The records are away: he is spoken to in what he was heard in.
    }
  }

  #set(jid: BareJid, known: Known): void {
    if (this.#people.size >= this.most && !this.#people.has(jid))
      this.#people.delete(this.#people.keys().next().value!);
    this.#people.set(detached(jid), known);
  }

  #choose(tag: string): Language | undefined {
    if (tag.length > LONGEST_TAG) return undefined;
    if (this.#tags.has(tag)) return this.#tags.get(tag);
    if (this.#tags.size >= MOST_TAGS) this.#tags.clear();
    const language = chooseLanguage(tag);
    this.#tags.set(detached(tag), language);
    return language;
  }
}
