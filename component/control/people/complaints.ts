/** Complaints about people (XEP-0377): put on record, logged, and told to those who run the place. */
import { Refusal } from "../../lib/errors.js";
import { randomId } from "../../lib/ids.js";
import type { BareJid } from "../../lib/jid.js";
import type { Clock } from "../../lib/clock.js";
import type { Log } from "../../lib/log.js";
import { PerDay } from "../../lib/per-day.js";
import { duration } from "../../lib/said.js";
import type { Notices } from "../notices/notices.js";
import type { Index } from "../ports.js";
import { oneLine } from "../words.js";

/** Characters of what the reporter says. */
const MOST_TEXT = 1000;
/** By one person in a day: they are read by people. */
const MOST_OF_ONE = 20;
const MOST_PEOPLE = 10_000;

/** XEP-0377 §11.4; anything else that a client says counts as the second. */
export const SPAM = "urn:xmpp:reporting:spam";
export const ABUSE = "urn:xmpp:reporting:abuse";

export interface Complaint {
  readonly by: BareJid;
  readonly about: BareJid;
  readonly reason: string;
  readonly text: string;
}

export interface ComplaintParts {
  readonly index: Index;
  readonly notices: Notices;
  /** Who is told. */
  readonly admins: readonly BareJid[];
  readonly clock: Clock;
  readonly log: Log;
}

export class Complaints {
  readonly #lately: PerDay<BareJid, BareJid>;

  constructor(private readonly parts: ComplaintParts) {
    this.#lately = new PerDay(parts.clock, MOST_PEOPLE);
  }

  /** Settles when it is on record. @throws Refusal "too-many-requests", "index-down" */
  async file({ by, about, ...said }: Complaint): Promise<void> {
    const { index, notices, admins, clock, log } = this.parts;
    if (this.#lately.of(by).length >= MOST_OF_ONE) throw new Refusal("too-many-requests", { wait: duration(864e5) });
    this.#lately.add(by, about);
    const reason = said.reason === SPAM ? SPAM : ABUSE;
    const text = oneLine(said.text.slice(0, MOST_TEXT));
    const id = randomId();
    await index.addReport({ id, by, about, reason, text, since: clock.now() });
    log.warn({ report: id, by, about, reason }, "somebody has been reported");
    const word = reason === SPAM ? "reported-spam" : "reported-abuse";
    await index.addNotices(admins.map((to) => notices.make(to, word, { who: by, about, text })));
    for (const admin of admins) notices.flush(admin);
  }
}
