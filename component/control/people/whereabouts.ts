/** What presence, and the records of whose presence we may see, say of somebody. */
import type { BareJid } from "../../lib/jid.js";
import type { Index, Whereabouts } from "../ports.js";

/** Whether somebody with no client online is away for all we know: we see his presence, or shall as soon as his server has answered. */
export async function isAway(parts: { index: Index; whereabouts: Whereabouts }, jid: BareJid): Promise<boolean> {
  return parts.whereabouts.knows(jid) || ((await parts.index.contact(jid))?.followed ?? false);
}
