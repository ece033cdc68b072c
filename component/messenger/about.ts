/** What the contact and the component's domain say of themselves (XEP-0030, 0115, 0157). Pure. */
import { domainOf, type BareJid, type FullJid } from "../lib/jid.js";
import { say, type Said } from "../lib/said.js";
import { verification } from "./caps.js";
import { NS_INFO, NS_ITEMS, type DiscoInfo, type DiscoItem } from "./wire/xep0030-disco.js";
import { NS_LAST } from "./wire/xep0012-last.js";
import { NS_VCARD } from "./wire/xep0054-vcard.js";
import { NS_GATEWAY } from "./wire/xep0100-gateway.js";
import { NS_VERSION } from "./wire/xep0092-version.js";
import { NS_CAPS, type CapsClaim } from "./wire/xep0115-caps.js";
import { contactAddresses } from "./wire/xep0157-contact-addresses.js";
import { NS_PING } from "./wire/xep0199-ping.js";
import { NS_TIME } from "./wire/xep0202-time.js";

/** Which program this is, in the caps of all its entities. */
const CAPS_NODE = "urn:restante";

/** The contact's client: Pidgin takes nobody for online whose presence has no resource. */
export function selfOf(contact: BareJid): FullJid {
  return `${contact}/restante` as FullJid;
}

/**
 * People's addresses are found by the prompt (XEP-0100 §6.2), and need no registration. So the domain is no "gateway" among its identities:
 * Gajim would show a page with a button to register, and its unregistering takes everybody at the domain off the roster.
 */
const ADDRESSING = [NS_GATEWAY, "jid\\20escaping"] as const;

/** What every entity here answers. */
const BASE = [NS_CAPS, NS_INFO, NS_ITEMS, NS_LAST, NS_PING, NS_TIME, NS_VERSION, NS_VCARD] as const;

export interface Self {
  readonly contact: BareJid;
  readonly name: string;
  /** mailto: and xmpp: URIs, by spaces or commas; "" for none. */
  readonly abuse: string;
  /** Namespaces that the ways to move a file and to talk bring along: the contact's, never the domain's. */
  readonly features: readonly string[];
}

export interface Profile {
  readonly info: DiscoInfo;
  readonly items: readonly DiscoItem[];
  readonly caps: CapsClaim;
  /** The presence's line for people. */
  readonly status: Said;
  /** Where it is to be had. */
  readonly address: BareJid;
  /** For whom it stands in. */
  readonly person?: BareJid;
}

/**
 * The domain says nothing of files or bytestreams: servers list their components, and clients would take it for the
 * server's own upload service or proxy.
 */
export function profiles(self: Self): { domain: Profile; contact: Profile } {
  const abuse = self.abuse.split(/[\s,]+/).filter(Boolean);
  const domain: DiscoInfo = {
    identities: [{ category: "store", type: "file", name: self.name }],
    features: [...BASE, ...ADDRESSING],
    forms: abuse.length > 0 ? [contactAddresses(abuse)] : [],
  };
  const contact: DiscoInfo = {
    identities: [{ category: "client", type: "bot", name: self.name }],
    features: [...new Set([...BASE, ...self.features])].sort(),
    forms: [],
  };
  const items = [{ jid: self.contact, name: self.name }];
  return {
    domain: { info: domain, items, caps: capsOf(domain), status: say("status/domain", { contact: self.contact }), address: self.contact }, // prettier-ignore
    contact: {
      info: contact,
      items: [],
      caps: capsOf(contact),
      status: say("status/contact"),
      address: self.contact,
    },
  };
}

/** The contact, where it stands in for somebody: the same program, under his name. */
export function standInOf(contact: Profile, address: BareJid, person: BareJid): Profile {
  return { ...contact, address, person, status: say("status/stand-in", { who: person }) };
}

const capsOf = (info: DiscoInfo): CapsClaim => ({ node: CAPS_NODE, hash: "sha-1", ver: verification(info) });

/** The domain's own presence has a resource too. */
export function domainSelf(contact: BareJid): FullJid {
  return `${domainOf(contact)}/restante` as FullJid;
}
