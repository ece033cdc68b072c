/**
 * XEP-0115 (Entity Capabilities, 1.6): the `<c/>` of a presence. What it promises is checked in `caps.ts`.
 * Left out: the legacy format's `ext`, stream features, XEP-0390.
 */
import { xml, type Element } from "../stanza.js";

export const NS_CAPS = "http://jabber.org/protocol/caps";

export interface CapsClaim {
  readonly node: string;
  readonly ver: string;
  /** Name of a hash function (IANA); undefined in the legacy format. */
  readonly hash?: string;
}

// No real client comes near; longer ones are not worth keeping.
const MAX = { node: 1023, ver: 255, hash: 32 } as const;

export function buildCaps(claim: CapsClaim): Element {
  return xml("c", { xmlns: NS_CAPS, hash: claim.hash, node: claim.node, ver: claim.ver });
}

/** What a presence claims; undefined when it claims nothing that can be asked about. */
export function parseCaps(presence: Element): CapsClaim | undefined {
  const c = presence.getChild("c", NS_CAPS);
  if (!c) return undefined;
  const { node, ver, hash } = c.attrs as Record<string, string | undefined>;
  if (!node || !ver || node.length > MAX.node || ver.length > MAX.ver || (hash?.length ?? 0) > MAX.hash)
    return undefined;
  return { node, ver, ...(hash && { hash }) };
}
