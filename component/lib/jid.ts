/**
 * Addresses (RFC 7622) as strings that have been checked, and XEP-0106 escaping.
 * A JID is compared often and kept by the hundred thousand: a normalised string is both the cheapest and the plainest form.
 */

/** `local@domain` or `domain`, normalised. */
export type BareJid = string & { readonly __bare: true };
/** `local@domain/resource`, normalised up to the resource, which is taken as it is. */
export type FullJid = string & { readonly __full: true };
export type Jid = BareJid | FullJid;

const MAX_PART = 1023; // bytes, RFC 7622 §3.2–3.4
// RFC 7622 §3.3.1: not allowed in a localpart; controls and spaces are no part of an address at all.
const BAD_LOCAL = /["&'/:<>@\s\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u1806]/u;
const BAD_DOMAIN = /[^\p{L}\p{M}\p{N}.\-_[\]:]|\p{Default_Ignorable_Code_Point}|^\.|\.\.|\.$/u;
const BAD_RESOURCE = /[\p{Cc}\p{Cs}]/u;

/**
 * One spelling for what servers take for one address: whoever is blocked must not come in by another. NFKC, because nodeprep (RFC 3920
 * §5.1) folds so, and RFC 7622 folds widths and forbids the rest; what nodeprep leaves out unseen is refused above. Not folded: ß and ς,
 * which are ss and σ to some servers and other people to others.
 */
function fold(part: string): string {
  if (/^[\x21-\x7e]*$/.test(part)) return part.toLowerCase();
  return part.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** Splits and normalises an address; undefined when it is none. */
export function parseJid(text: string): { local: string; domain: string; resource: string } | undefined {
  const slash = text.indexOf("/");
  const bare = slash < 0 ? text : text.slice(0, slash);
  const resource = slash < 0 ? "" : text.slice(slash + 1);
  const at = bare.indexOf("@");
  const local = at < 0 ? "" : fold(bare.slice(0, at));
  let domain = fold(at < 0 ? bare : bare.slice(at + 1));
  if (domain.endsWith(".")) domain = domain.slice(0, -1);
  if (at === 0 || domain === "" || BAD_LOCAL.test(local) || BAD_DOMAIN.test(domain)) return undefined;
  if (slash >= 0 && (resource === "" || BAD_RESOURCE.test(resource))) return undefined;
  for (const part of [local, domain, resource]) if (Buffer.byteLength(part) > MAX_PART) return undefined;
  return { local, domain, resource };
}

/** The normalised address, bare or full as given; undefined when it is none. */
export function toJid(text: string): Jid | undefined {
  const p = parseJid(text);
  if (!p) return undefined;
  return ((p.local && `${p.local}@`) + p.domain + (p.resource && `/${p.resource}`)) as Jid;
}

/** The bare part of any text that is an address; undefined when it is none. */
export function toBare(text: string): BareJid | undefined {
  const jid = toJid(text);
  return jid && bareOf(jid);
}

/** For addresses known to be right (constants, rows, tests). Throws on anything else. */
export function bare(text: string): BareJid {
  const jid = toBare(text);
  if (!jid) throw new TypeError(`not an address: ${JSON.stringify(text)}`);
  return jid;
}

/** `local@domain` of an address already checked. */
export function bareOf(jid: Jid): BareJid {
  const slash = jid.indexOf("/");
  return (slash < 0 ? jid : jid.slice(0, slash)) as BareJid;
}

/** The part after `@`, without the resource. */
export function domainOf(jid: Jid): string {
  const b = bareOf(jid);
  return b.slice(b.indexOf("@") + 1);
}

/** The part before `@`, "" when there is none. */
export function localOf(jid: Jid): string {
  const at = bareOf(jid).indexOf("@");
  return at < 0 ? "" : jid.slice(0, at);
}

export function isFull(jid: Jid): jid is FullJid {
  return jid.includes("/");
}

// XEP-0106 §4.2; the backslash itself only where it would read as an escape.
const ESCAPES: ReadonlyArray<readonly [string, string]> = [
  [" ", "20"], ['"', "22"], ["&", "26"], ["'", "27"], ["/", "2f"], [":", "3a"], ["<", "3c"], [">", "3e"], ["@", "40"], ["\\", "5c"],
]; // prettier-ignore
const BY_CHAR = new Map(ESCAPES);
const BY_CODE = new Map(ESCAPES.map(([c, h]) => [h, c]));

/** Text → localpart (XEP-0106): `juliet@example.org` → `juliet\40example.org`. */
export function escapeLocal(text: string): string {
  return text.replace(/[ "&'/:<>@]|\\(?=20|22|26|27|2f|3a|3c|3e|40|5c)/g, (c) => `\\${BY_CHAR.get(c)}`);
}

/** The inverse of {@link escapeLocal}. */
export function unescapeLocal(local: string): string {
  return local.replace(/\\(20|22|26|27|2f|3a|3c|3e|40|5c)/g, (_, code: string) => BY_CODE.get(code) ?? "");
}
