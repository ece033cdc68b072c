/**
 * What clients can do, by what their presence claims (XEP-0115). A verified answer serves everybody who makes the same
 * claim; any other serves its author only. Each unknown claim is asked about once at a time, of one of those who make it;
 * should he not answer, or lie, of the next. The least recently used answers are forgotten: their clients' features
 * count as unknown again. Answers outlive the connection: a hash stays true.
 */
import type { FullJid } from "../lib/jid.js";
import { detached } from "../lib/text.js";
import { isCheckable, isVerified } from "./caps.js";

import type { DiscoInfo } from "./wire/xep0030-disco.js";
import type { CapsClaim } from "./wire/xep0115-caps.js";

/** What one claim stands for. Shared by all who make it. */
export interface Caps {
  /** The claim, as one text. */
  readonly key: string;
  /** Whether the answer has come. */
  readonly known: boolean;
  /** Undefined while it has not. */
  can(feature: string): boolean | undefined;
}

/** Who makes a claim. `caps` is set here. */
export interface Claimant {
  readonly jid: FullJid;
  caps: Caps | undefined;
}

/** Answers kept: there are some hundreds of versions of clients about. */
const MOST_ENTRIES = 2048;
/** Characters kept of one answer; features beyond count as absent. A client lists a hundred at most, in some 3,000. */
const MOST_CHARACTERS = 8192;
/** Questions under way at once. */
const MOST_ASKING = 32;
/** Claims that wait to be asked about; more are not asked about at all. */
const MOST_WAITING = 16_384;

class Entry implements Caps {
  /** "\nfeature\nfeature\n": one string is a tenth of a Set. */
  features: string | undefined = undefined;
  /** Those who are to be told; present while the answer is being waited for. */
  waiting: Set<Claimant> | undefined = undefined;
  constructor(
    readonly key: string,
    readonly claim: CapsClaim,
  ) {}

  get known(): boolean {
    return this.features !== undefined;
  }

  can(feature: string): boolean | undefined {
    return this.features?.includes(`\n${feature}\n`);
  }
}

export class CapsCache {
  readonly #ask: (jid: FullJid, node: string) => Promise<DiscoInfo | undefined>;
  readonly #learnt: (claimant: Claimant) => void;
  readonly #entries = new Map<string, Entry>(); // least recently used first
  #queue: Entry[] = [];
  #asking = 0;
  #connection = 0;

  /**
   * `ask` asks a client for its disco#info of a node, within some time; undefined when it will not say.
   * `learnt` is told when the features of somebody who made a claim become known after {@link claim}.
   */
  constructor(
    ask: (jid: FullJid, node: string) => Promise<DiscoInfo | undefined>,
    learnt: (claimant: Claimant) => void,
  ) {
    this.#ask = ask;
    this.#learnt = learnt;
  }

  /** Sets the caps of somebody who makes a claim, and finds out about it when that is not known yet. */
  claim(who: Claimant, claim: CapsClaim): void {
    const entry = this.#entry(isCheckable(claim) ? sharedKey(claim) : ownKey(who.jid, claim), claim);
    who.caps = entry;
    if (entry.features !== undefined) return;
    const own = this.#entries.get(ownKey(who.jid, claim));
    if (own?.features !== undefined) {
      who.caps = own;
      return;
    }
    if (entry.waiting) entry.waiting.add(who);
    else if (this.#queue.length < MOST_WAITING) {
      entry.waiting = new Set([who]);
      this.#queue.push(entry);
      this.#pump();
    }
  }

  /** He is gone, or makes another claim now. */
  drop(who: Claimant): void {
    if (who.caps instanceof Entry) who.caps.waiting?.delete(who);
  }

  /** The connection is gone, and everybody with it: questions under way are void. */
  reset(): void {
    this.#connection++;
    this.#asking = 0;
    this.#queue = [];
    for (const entry of this.#entries.values()) entry.waiting = undefined;
  }

  #entry(key: string, claim: CapsClaim): Entry {
    let entry = this.#entries.get(key);
    if (entry) this.#entries.delete(key);
    else {
      const { node, ver, hash } = claim;
      entry = new Entry(detached(key), {
        node: detached(node),
        ver: detached(ver),
        ...(hash && { hash: detached(hash) }),
      });
    }
    this.#entries.set(entry.key, entry);
    if (this.#entries.size > MOST_ENTRIES) this.#forgetOldest();
    return entry;
  }

  #forgetOldest(): void {
    const [key, entry] = this.#entries.entries().next().value!;
    this.#entries.delete(key);
    entry.features = undefined;
    entry.waiting = undefined;
  }

  #pump(): void {
    while (this.#asking < MOST_ASKING) {
      const entry = this.#queue.shift();
      if (!entry) return;
      const [who] = entry.waiting ?? [];
      if (who) void this.#find(entry, who);
      else entry.waiting = undefined; // all of them have gone
    }
  }

  async #find(entry: Entry, who: Claimant): Promise<void> {
    const connection = this.#connection;
    this.#asking++;
    const info = await this.#ask(who.jid, `${entry.claim.node}#${entry.claim.ver}`);
    if (connection !== this.#connection) return;
    this.#asking--;
    this.#settle(entry, who, info);
    this.#pump();
  }

  #settle(entry: Entry, who: Claimant, info: DiscoInfo | undefined): void {
    const { waiting } = entry;
    if (!waiting) return; // forgotten meanwhile
    const isBelievable = info !== undefined && (!isCheckable(entry.claim) || isVerified(info, entry.claim));
    if (isBelievable) {
      entry.features = this.#keepable(info);
      entry.waiting = undefined;
      for (const claimant of waiting) this.#learnt(claimant);
      return;
    }
    const stillHere = waiting.delete(who);
    if (waiting.size > 0) this.#queue.push(entry);
    else entry.waiting = undefined;
    if (!info || !stillHere) return;
    const own = this.#entry(ownKey(who.jid, entry.claim), entry.claim);
    own.features = this.#keepable(info);
    who.caps = own;
    this.#learnt(who);
  }

  #keepable(info: DiscoInfo): string {
    let text = "\n";
    for (const feature of info.features)
      if (text.length + feature.length < MOST_CHARACTERS && !feature.includes("\n")) text += `${feature}\n`;
    return detached(text);
  }
}

const sharedKey = (claim: CapsClaim): string => `${claim.hash} ${claim.ver}`;
const ownKey = (jid: FullJid, claim: CapsClaim): string => `${jid}\n${claim.node}#${claim.ver}`;
