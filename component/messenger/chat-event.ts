/**
 * What a message is, decided from the stanza alone. Nobody's word about a third party counts: what claims to be a carbon copy,
 * a forward, an archive's or a node's message is not looked into (CVE-2017-5589 and its many sisters).
 */
import type { IncomingLink } from "../control/ports.js";
import { isSealed } from "../lib/sealed-link.js";
import type { Element } from "./stanza.js";
import { attribute, every } from "./wire/read.js";
import { readCondition } from "./wire/rfc6120-error.js";
import * as addresses from "./wire/xep0033-addresses.js";
import * as oob from "./wire/xep0066-oob.js";
import * as receipts from "./wire/xep0184-receipts.js";
import * as correction from "./wire/xep0308-correction.js";
import * as encryption from "./wire/xep0380-encryption.js";
import * as sims from "./wire/xep0385-sims.js";
import * as fallback from "./wire/xep0428-fallback.js";
import type { Metadata } from "./wire/xep0446-metadata.js";
import * as sfs from "./wire/xep0447-sfs.js";
import * as aesgcm from "./wire/xep0454-aesgcm.js";

/** What every message that a person sent has. */
export interface Said {
  readonly id?: string;
  /** Whether he wants to know that it came (XEP-0184). */
  readonly wantsReceipt: boolean;
  /** The id of the earlier message that this one replaces (XEP-0308). */
  readonly corrects?: string;
  /** For whom else it is, as he wrote them (XEP-0033). */
  readonly also?: readonly string[];
}

/** A file that was announced without a word on where it is (XEP-0447 §3.3; Dino does while it uploads). */
export interface Announced {
  readonly id?: string;
  readonly file: Metadata;
}

/** A link, and of which announced file it is the source. */
export interface Linked extends IncomingLink {
  readonly announcedBy?: { readonly message: string; readonly id?: string };
}

export type ChatEvent =
  /** `beside`: what else is written there. */
  | ({
      readonly type: "links";
      readonly links: readonly Linked[];
      readonly beside?: string;
      readonly isCut?: true;
    } & Said)
  | ({ readonly type: "announced"; readonly files: readonly Announced[] } & Said)
  /** `isCut`: there is more of it than is read. */
  | ({ readonly type: "text"; readonly text: string; readonly isCut?: true } & Said)
  | ({ readonly type: "encrypted"; readonly scheme: string } & Said)
  | { readonly type: "receipt"; readonly id: string }
  | { readonly type: "bounce"; readonly id: string; readonly condition: string }
  | { readonly type: "ignored"; readonly why: string };

/** UTF-16 units of a body that are read; no command is as long, and the rest is dropped. */
export const MAX_BODY = 16_384;
/** Links of one message that are read. */
export const MAX_LINKS = 16;

/** Payloads that make the whole message none of ours, by namespace. */
const NOT_OURS: Readonly<Record<string, string>> = {
  "urn:xmpp:carbons:2": "carbon",
  "urn:xmpp:forward:0": "forwarded",
  "urn:xmpp:mam:2": "archive",
  "urn:xmpp:mam:1": "archive",
  "http://jabber.org/protocol/pubsub#event": "pubsub",
  "http://jabber.org/protocol/muc#user": "group chat",
  "jabber:x:conference": "group chat",
  "jabber:iq:roster": "roster",
  "urn:xmpp:privilege:1": "privilege",
  "urn:xmpp:privilege:2": "privilege",
};

const ignored = (why: string): ChatEvent => ({ type: "ignored", why });

/** Never throws, whatever the element is. */
export function readMessage(message: Element): ChatEvent {
  if (message.getName() !== "message") return ignored("no message");
  const type = attribute(message, "type") ?? "normal";
  const id = attribute(message, "id");
  if (type === "error") {
    return id === undefined ? ignored("error without id") : { type: "bounce", id, condition: readCondition(message) };
  }
  // RFC 6121 §5.2.2: a type that is not known is "normal".
  if (type === "groupchat" || type === "headline") return ignored(type);

  const children = message.getChildElements();
  for (const child of children) {
    const namespace = child.getNS() ?? "";
    // XEP-0280 §9: <private/> only asks that no copies be made.
    if (Object.hasOwn(NOT_OURS, namespace) && !child.is("private")) return ignored(NOT_OURS[namespace] ?? "");
  }
  const asked = every(children, receipts.read);
  const corrects = every(children, correction.read)[0];
  const also = every(children, addresses.read)[0];
  const said: Said = {
    ...(id !== undefined && { id }),
    wantsReceipt: id !== undefined && asked.some((receipt) => receipt.type === "request"),
    ...(corrects !== undefined && { corrects }),
    ...(also !== undefined && { also }),
  };

  const encryptions = every(children, encryption.read);
  if (encryptions.some((found) => found.empty)) return ignored("keys");
  if (encryptions[0]) return { type: "encrypted", scheme: encryptions[0].scheme, ...said };

  const whole = bodyOf(message);
  const body = whole.slice(0, MAX_BODY).trim();
  const shares = every(children, sfs.read);
  const media = every(children, sims.read);
  const links = readLinks(message, children, shares, media, body);
  const meant = fallback.withoutFallback(body, every(children, fallback.read)).trim();
  const isCut = whole.length > MAX_BODY && { isCut: true as const };
  if (links.length > 0) {
    const beside = without(links, meant);
    return { type: "links", links, ...(beside !== "" && { beside, ...isCut }), ...said };
  }
  if (shares.some((share) => share.encrypted)) return { type: "encrypted", scheme: "encrypted file", ...said };
  const sealed = aesgcm.read(body) ?? every(children, oob.read).find(isSealed);
  if (sealed !== undefined) return { type: "links", links: [{ url: sealed }], ...said };
  const announced = shares.slice(0, MAX_LINKS).map(({ id, file }) => ({ ...(id !== undefined && { id }), file }));
  if (announced.length > 0 && said.id !== undefined) return { type: "announced", files: announced, ...said };

  const otr = encryption.readOtr(meant);
  if (otr === "OTR") return { type: "encrypted", scheme: otr, ...said };
  if (otr === "error") return ignored("OTR error");
  if (meant !== "") return { type: "text", text: meant, ...isCut, ...said };
  for (const receipt of asked) if (receipt.type === "received") return { type: "receipt", id: receipt.id };
  return ignored("nothing said");
}

/** The first body in the message's own namespace: one of XHTML (XEP-0071) is another's. */
function bodyOf(message: Element): string {
  const body = message.getChildren("body").find((child) => child.getNS() === message.getNS());
  return (body?.getText() ?? "").trim();
}

/** All that is known of each URL, by whatever means it is told; what tells most comes first. */
function readLinks(
  message: Element,
  children: readonly Element[],
  shares: readonly sfs.FileShare[],
  media: readonly sims.SharedMedia[],
  body: string,
): Linked[] {
  const links = new Map<string, Linked>();
  const add = (url: string | undefined, more: Omit<Linked, "url">): void => {
    const key = url === undefined ? undefined : linkKey(url);
    if (url === undefined || key === undefined || (links.size >= MAX_LINKS && !links.has(key))) return;
    links.set(key, { url, ...more, ...links.get(key) });
  };
  // One link of each file: the others would bring the same bytes again.
  for (const { file, urls } of [...shares, ...media]) add(urls.find(linkKey), known(file));
  for (const { urls, ...announcedBy } of sfs.readLateSources(message)) add(urls.find(linkKey), { announcedBy });
  for (const url of every(children, oob.read)) add(url, {});
  // Without a mark, only what is links and nothing else: of words with a link among them nobody knows what is meant.
  if (links.size === 0 && /^https?:\/\/\S+(\s+https?:\/\/\S+)*$/i.test(body))
    for (const url of body.split(/\s+/)) add(url, {});
  return [...links.values()];
}

/** The words, but for the links among them. */
function without(links: readonly Linked[], text: string): string {
  const keys = new Set<string | undefined>(links.map(({ url }) => linkKey(url)));
  return text.replace(/\S+/g, (word) => (keys.has(linkKey(word)) ? "" : word)).trim();
}

/** By what two ways to write the same URL are known as one; undefined for what is no URL of a server, or one that we read otherwise. */
export function linkKey(url: string): string | undefined {
  // `xmpp:` and `geo:` name no server. Whether `ftp://` and the like may be fetched is for the fetcher to say, in words.
  if (!/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(url) || isSealed(url) || !URL.canParse(url)) return undefined;
  return new URL(url).href;
}

/** As much of a file's metadata as helps to fetch it. */
export function known({ name, mediaType, size, sha256 }: Metadata): Omit<Linked, "url"> {
  return {
    ...(name !== undefined && { name }),
    ...(mediaType !== undefined && { mediaType }),
    ...(size !== undefined && { size }),
    ...(sha256 !== undefined && { sha256 }),
  };
}
