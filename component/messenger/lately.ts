/**
 * What each sender did lately, as far as his next message refers to it: a link that is said twice (Dino and others share a file in
 * several messages), a file whose sources follow (XEP-0447 §3.3), a line that is corrected (XEP-0308). It may be forgotten at any
 * time, at the price of a repetition or of an unchecked hash; so it is bounded, and kept in memory only.
 */
import { createHash } from "node:crypto";
import type { Instant } from "../control/ports.js";
import type { Clock } from "../lib/clock.js";
import { type Announced, type ChatEvent, type Linked, known, linkKey } from "./chat-event.js";

/** Clients say a link twice within a moment. Whoever sends it again after that wants it tried again. */
const TWICE = 3_000;
/** An announced file's upload may take its time. */
const KEEP = 3_600_000;
const MAX_SENDERS = 4096;
const MAX_LINKS = 32;
const MAX_ANNOUNCED = 8;

interface Recent {
  seen: Instant;
  /** Digests of URLs, and when they were said; oldest first. */
  readonly links: Map<string, Instant>;
  announced: { readonly message: string; readonly file: Announced }[];
  /** The last words: the id that a correction of them names, and their digest. */
  last: { readonly id: string; readonly said: string } | undefined;
}

type Words = Extract<ChatEvent, { type: "links" | "text" }>;

export class Lately {
  /** In the order in which they were last heard of. */
  readonly #senders = new Map<string, Recent>();

  constructor(private readonly clock: Clock) {}

  /** Remembers files whose sources will follow. */
  announce(talk: string, message: string, files: readonly Announced[]): void {
    const recent = this.#recent(talk);
    recent.announced = [...recent.announced, ...files.map((file) => ({ message, file }))].slice(-MAX_ANNOUNCED);
  }

  /** What is new in the words, with what was announced of their files; undefined when they only repeat. */
  fresh(talk: string, words: Words): Words | undefined {
    const recent = this.#recent(talk);
    if (this.#uncorrected(recent, words)) return undefined;
    if (words.type === "text") return words;
    const links = words.links.filter((link) => this.#isNew(recent, link));
    return links.length === 0 ? undefined : { ...words, links: links.map((link) => complete(recent, link)) };
  }

  /** Nothing came of these links: whoever says them again means it. */
  unsay(talk: string, links: readonly Linked[]): void {
    for (const { url } of links) this.#senders.get(talk)?.links.delete(keyOf(url));
  }

  /** Whether it is a correction that changes nothing of what was said; remembers it for the next one if not. */
  #uncorrected(recent: Recent, words: Words): boolean {
    const said = digest(words.type === "text" ? words.text : words.links.map(({ url }) => url).join("\n"));
    if (words.corrects !== undefined && digest(words.corrects) === recent.last?.id && said === recent.last.said)
      return true;
    const id = words.corrects ?? words.id;
    recent.last = id === undefined ? undefined : { id: digest(id), said };
    return false;
  }

  #isNew(recent: Recent, link: Linked): boolean {
    const key = keyOf(link.url);
    const now = this.clock.now();
    const before = recent.links.get(key);
    if (before !== undefined && now - before < TWICE) return false;
    // What is old says nothing any more, and there are many senders.
    for (const [old, at] of recent.links)
      if (now - at >= TWICE) recent.links.delete(old);
      else break;
    recent.links.set(key, now);
    dropOldest(recent.links, MAX_LINKS);
    return true;
  }

  #recent(talk: string): Recent {
    const now = this.clock.now();
    const recent = this.#senders.get(talk) ?? { seen: now, links: new Map(), announced: [], last: undefined };
    recent.seen = now;
    this.#senders.delete(talk);
    this.#senders.set(talk, recent);
    dropOldest(this.#senders, MAX_SENDERS);
    for (const [sender, { seen }] of this.#senders) {
      if (now - seen < KEEP) break;
      this.#senders.delete(sender);
    }
    return recent;
  }
}

/** The link with what its file was announced with: what the later message says itself counts more. */
function complete(recent: Recent, { announcedBy, ...link }: Linked): Linked {
  const found = recent.announced.filter(({ message }) => message === announcedBy?.message);
  const one = announcedBy?.id === undefined ? found : found.filter(({ file }) => file.id === announcedBy.id);
  return one.length === 1 && one[0] ? { ...known(one[0].file.file), ...link } : link;
}

function dropOldest<K>(map: Map<K, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}

function keyOf(url: string): string {
  return digest(linkKey(url) ?? url);
}

/** A URL may open what it names, and words may be long: neither is kept. */
function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
