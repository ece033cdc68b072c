/**
 * Who may deal with whom, as far as their domains say. No word of it depends on whether there is such a person, or on what we know of him. Pure.
 */
import { Refusal } from "../../lib/errors.js";
import { domainOf, type BareJid, type Jid } from "../../lib/jid.js";
import { personBehind } from "../../lib/stand-in.js";
import { isMember } from "./access.js";

export interface RuleParts {
  /** The component's own. */
  readonly domain: string;
  /** Whose people may send and keep files. */
  readonly domains: readonly string[];
  /** Beside those, whose people may be sent to; nobody's: everybody may. */
  readonly recipients: readonly string[];
  /** Whose people are dealt with in no way. */
  readonly refuse: readonly string[];
}

export class Rules {
  constructor(private readonly parts: RuleParts) {}

  isMember(jid: Jid): boolean {
    return !this.isRefused(jid) && isMember(jid, this.parts.domains);
  }

  /** Whether neither words nor files go in or out. */
  isRefused(jid: Jid): boolean {
    return this.parts.refuse.includes(domainOf(jid));
  }

  /** Whether people of that domain may be sent to. */
  serves(person: Jid): boolean {
    const { domains, recipients } = this.parts;
    const domain = domainOf(person);
    return !this.isRefused(person) && (recipients.length === 0 || domains.includes(domain) || recipients.includes(domain)); // prettier-ignore
  }

  /** @throws Refusal "bad-address", "recipient-not-served" */
  requireRecipient(person: BareJid): void {
    if (domainOf(person) === this.parts.domain || !person.includes("@"))
      throw new Refusal("bad-address", { address: person });
    if (!this.serves(person)) throw new Refusal("recipient-not-served", { domain: domainOf(person) });
  }

  /** Whom an address of ours stands in for, to whoever addresses it: members have everybody, and everybody has the members. */
  personBehind(address: Jid, asker: Jid): BareJid | undefined {
    const person = personBehind(address, this.parts.domain);
    if (!person || this.isRefused(asker) || !this.serves(person)) return undefined;
    return this.isMember(asker) || this.isMember(person) ? person : undefined;
  }
}
