/** Who is to get a file, where a sender wrote nothing else beside it. Pure. */
import { isFull, toJid, type BareJid } from "../../lib/jid.js";
import { oneLine } from "../words.js";

/** A longer list is none that somebody wrote into the field of a file dialogue. */
const MOST = 50;

/** "to juliet@example.org and nurse@…" → the addresses, each once; anything else names nobody. */
export function addresseesOf(description: string): BareJid[] {
  const text = oneLine(description).replace(/^(?:to|for|an)\b[\s:]*/iu, "").replace(/[.!]$/, ""); // prettier-ignore
  const words = text.split(/(?:\s*[,;]\s*|\s+)(?:(?:and|und)\s+)?/u).filter(Boolean);
  const found = new Set<BareJid>();
  for (const word of words) {
    const jid = toJid(word.replace(/^<(.*)>$/, "$1").replace(/^xmpp:/i, ""));
    if (!jid || isFull(jid) || !jid.includes("@")) return [];
    found.add(jid);
  }
  return found.size <= MOST ? [...found] : [];
}
