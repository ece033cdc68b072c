/**
 * An address of ours for each person elsewhere (XEP-0106): `juliet\40example.org@files.example.org` stands in for `juliet@example.org`.
 * Decided by how the address is written and by nothing else, so that no answer can tell whether there is such a person.
 * Each person has one such address: what would be read as another spelling of it, or leads on to a third address, is none.
 */
import { domainOf, escapeLocal, localOf, toJid, unescapeLocal, type BareJid, type Jid, bareOf } from "./jid.js";

/** The person behind an address at `domain`, ours; undefined when it is not such an address. */
export function personBehind(address: Jid, domain: string): BareJid | undefined {
  if (domainOf(address) !== domain) return undefined;
  const person = toJid(unescapeLocal(localOf(address)));
  return person && standInFor(person, domain) === bareOf(address) ? bareOf(person) : undefined;
}

/** The address at `domain`, ours, that stands in for a person; undefined when nothing can: an address of our own, or of a gateway. */
export function standInFor(person: Jid, domain: string): BareJid | undefined {
  const local = localOf(person);
  if (person !== bareOf(person) || local === "" || domainOf(person) === domain) return undefined;
  // Somebody's stand-in elsewhere: two of us would pass on to each other what neither can answer for.
  if (unescapeLocal(local).includes("@")) return undefined;
  const standIn = toJid(`${escapeLocal(person)}@${domain}`); // one that is too long is none
  return standIn && bareOf(standIn);
}
