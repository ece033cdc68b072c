/**
 * A SOCKS5 connection agreed on in a Jingle session (XEP-0260): offers our own stream host and a proxy, tries what the peer offers, and does
 * what `negotiate/s5b.ts` decides. The peer's direct candidates are tried with both orders of DST.ADDR, because clients differ there.
 */
import type { ByteStream, StreamHosts } from "../../control/ports.js";
import type { Clock } from "../../lib/clock.js";
import { Refusal } from "../../lib/errors.js";
import { randomId } from "../../lib/ids.js";
import { type BareJid, type FullJid, type Jid, bare, domainOf } from "../../lib/jid.js";
import { type Choice, type ChoiceEvent, TRYING, priorityOf, step, worthTrying } from "../negotiate/s5b.js";
import type { Proxies } from "../streams.js";
import { destination } from "../wire/xep0065-bytestreams.js";
import type { Role } from "../wire/xep0166-jingle.js";
import type { Candidate, S5b, S5bInfo } from "../wire/xep0260-jingle-s5b.js";

/** How long the server of a proxy may take to name it, one candidate to answer, and the whole choice. */
const PROXY_TIME = 3000;
const DIAL_TIME = 8000;
const WHOLE_TIME = 40_000;
/** §4: the next candidate is tried beside the one that has not answered yet. */
const STAGGER = 300;
const MOST_TRIED = 12;
const AGAIN = 1000;

export interface S5bParts {
  readonly hosts: StreamHosts;
  readonly proxies: Proxies;
  readonly clock: Clock;
}

/** Attempts beside each other. */
interface Race {
  over: boolean;
  /** Somebody could not be reached, as against: may not be. */
  refused: boolean;
}

interface Connected {
  readonly candidate: Candidate;
  readonly stream: ByteStream;
}

export interface S5bEnds {
  readonly role: Role;
  readonly self: Jid;
  readonly peer: FullJid;
  /** Of the stream, not of the session. */
  readonly sid: string;
  /** Whose transfer it is. */
  readonly member: BareJid;
}

export class S5bConnection {
  readonly #parts: S5bParts;
  readonly #ends: S5bEnds;
  /** DST.ADDR at our hosts, and at theirs, unless they say otherwise. */
  readonly #own: string;
  readonly #others: string;
  #ours: readonly Candidate[] = [];
  #theirs: Candidate[] = [];
  #dstaddr: string | undefined;
  #choice: Choice = TRYING;
  #unexpect: (() => void) | undefined;
  #arrived: ByteStream | undefined;
  #dialled: ByteStream | undefined;
  #wake: () => void = nothing;
  /** None of theirs can win any more. */
  #outbid: () => void = nothing;
  #settle: ((what: ByteStream | Refusal) => void) | undefined;
  #early: S5bInfo[] = [];
  #say: (info: S5bInfo) => void = nothing;
  readonly #end = new AbortController();

  constructor(parts: S5bParts, ends: S5bEnds) {
    this.#parts = parts;
    this.#ends = ends;
    this.#own = destination(ends.sid, ends.self, ends.peer);
    this.#others = destination(ends.sid, ends.peer, ends.self);
  }

  get sid(): string {
    return this.#ends.sid;
  }

  /** What we offer, and from now on expect: nothing that the peer has offered before (§2.2). Never rejects. */
  async offer(): Promise<S5b> {
    const { hosts, proxies } = this.#parts;
    const { self, peer, sid } = this.#ends;
    const near = await proxies.near(bare(domainOf(peer)), AbortSignal.any([this.#end.signal, AbortSignal.timeout(PROXY_TIME)])); // prettier-ignore
    const direct = hosts.own.map((host, i) => ({
      ...host,
      cid: randomId(),
      jid: self,
      type: "direct" as const,
      priority: priorityOf("direct", i),
    }));
    const relayed = near.map((host, i) => ({
      host: host.host,
      port: host.port,
      cid: randomId(),
      jid: host.jid,
      type: "proxy" as const,
      priority: priorityOf("proxy", i),
    }));
    const ours = [...(this.#expect() ? direct : []), ...relayed];
    this.#ours = ours.filter((own) => !this.#theirs.some((other) => isSamePlace(own, other)));
    return { type: "s5b", sid, dstaddr: this.#own, candidates: this.#ours };
  }

  /** Whether our own host waits for him: not where there is none, and not when he has as many transfers as anybody may have. */
  #expect(): boolean {
    const { hosts } = this.#parts;
    if (hosts.own.length === 0 || this.#end.signal.aborted) return false;
    try {
      const addresses = [this.#own, this.#others];
      this.#unexpect ??= hosts.expect(addresses, this.#ends.member, (stream) => this.#arrive(stream));
      return true;
    } catch (thrown) {
      if (thrown instanceof Refusal) return false;
      throw thrown;
    }
  }

  /** What the peer says of this transport: candidates, or how it went with ours. */
  hear({ candidates, dstaddr, info }: Pick<S5b, "candidates" | "dstaddr" | "info">): void {
    this.#dstaddr ??= dstaddr;
    const fresh = candidates.filter(({ cid }) => !this.#theirs.some((known) => known.cid === cid));
    this.#theirs = [...this.#theirs, ...fresh].slice(0, MOST_TRIED);
    if (!info) return;
    if (this.#settle) {
      this.#feed({ type: "heard", info });
      if (this.#next(new Set()) === undefined) this.#outbid();
    } else if (this.#early.length < 4) this.#early.push(info);
  }

  /** Tries theirs, and settles with what both sides have chosen. Rejects with Refusal "stream-unreachable", or the signal's reason. At most once. */
  async connect(say: (info: S5bInfo) => void, signal: AbortSignal): Promise<ByteStream> {
    this.#say = say;
    const stop = (): void => this.close();
    signal.addEventListener("abort", stop, { once: true });
    const cancel = this.#parts.clock.after(WHOLE_TIME, () => this.#feed({ type: "timeout" }));
    try {
      signal.throwIfAborted();
      const chosen = new Promise<ByteStream | Refusal>((resolve) => {
        this.#settle = resolve;
        this.#end.signal.addEventListener("abort", () => resolve(unreachable()), { once: true });
      });
      void this.#try();
      for (const info of this.#early.splice(0)) this.hear({ candidates: [], info });
      const stream = await chosen;
      signal.throwIfAborted();
      if (stream instanceof Refusal) throw stream;
      return stream;
    } catch (thrown) {
      this.close();
      throw thrown;
    } finally {
      cancel();
      signal.removeEventListener("abort", stop);
    }
  }

  /** Lets go of everything but the stream that was chosen. Idempotent. */
  close(): void {
    this.#end.abort(unreachable());
    this.#unexpect?.();
    this.#arrived?.close();
    this.#dialled?.close();
    this.#arrived = this.#dialled = undefined;
  }

  #arrive(stream: ByteStream): void {
    // The one that is used is the one whose DST.ADDR came first: nobody has a reason to come twice.
    if (this.#arrived || this.#end.signal.aborted) return stream.close();
    this.#arrived = stream;
    this.#wake();
  }

  #feed(event: ChoiceEvent): void {
    const { state, effects } = step(this.#ends.role, this.#ours, this.#choice, event);
    this.#choice = state;
    for (const effect of effects) {
      if (effect.type === "say") this.#say(effect.info);
      else if (effect.type === "activate") void this.#activate(effect.proxy);
      else if (effect.type === "fail") this.#settle?.(unreachable());
      else if (effect.which === "arrived") void this.#awaitArrival();
      else this.#use(this.#dialled);
    }
  }

  #use(stream: ByteStream | undefined): void {
    if (this.#arrived === stream) this.#arrived = undefined;
    if (this.#dialled === stream) this.#dialled = undefined;
    this.#settle?.(stream ?? unreachable());
    this.close();
  }

  /** He says that he is connected to our host; that may be known here a moment later. */
  async #awaitArrival(): Promise<void> {
    if (!this.#arrived) await this.#moment(DIAL_TIME, new Promise<void>((resolve) => (this.#wake = resolve)));
    this.#use(this.#arrived);
  }

  async #activate(proxy: Candidate): Promise<void> {
    const { self, peer, sid } = this.#ends;
    try {
      const { signal } = this.#end;
      this.#dialled?.close();
      this.#dialled = await this.#dial(proxy, [this.#own]);
      await this.#parts.proxies.activate(proxy.jid, self, sid, peer, signal);
      this.#feed({ type: "activated" });
    } catch {
      this.#feed({ type: "not-activated" });
    }
  }

  /** Theirs; the first that answers is ours. Gajim tells of its port a moment before it listens there: then once more. */
  async #try(): Promise<void> {
    const outbid = new Promise<undefined>((resolve) => (this.#outbid = () => resolve(undefined)));
    const race = { over: false, refused: false };
    const twice = async (): Promise<Connected | undefined> => {
      const best = await this.#round(race);
      if (best || !race.refused || race.over || this.#end.signal.aborted) return best;
      await this.#moment(AGAIN, outbid);
      return race.over ? undefined : this.#round(race);
    };
    const best = await Promise.race([twice(), outbid]);
    race.over = true;
    if (this.#end.signal.aborted) return best?.stream.close();
    this.#dialled = best?.stream;
    this.#feed({ type: "tried", verdict: best?.candidate ?? "none" });
  }

  /** All of theirs, best first, one beginning a moment after the other. */
  async #round(race: Race): Promise<Connected | undefined> {
    const attempts: Promise<Connected>[] = [];
    const tried = new Set<string>();
    for (let next = this.#next(tried); next && !race.over && !this.#end.signal.aborted; next = this.#next(tried)) {
      tried.add(next.cid);
      const attempt = this.#attempt(next, race);
      attempts.push(attempt);
      await this.#moment(STAGGER, attempt.then(nothing, nothing));
    }
    return Promise.any(attempts).catch(() => undefined);
  }

  #next(tried: ReadonlySet<string>): Candidate | undefined {
    const choice = this.#choice.at === "trying" ? this.#choice : {};
    return worthTrying(this.#theirs, choice).find(({ cid }) => !tried.has(cid));
  }

  async #attempt(candidate: Candidate, race: Race): Promise<Connected> {
    let stream: ByteStream;
    try {
      stream = await this.#dial(candidate, this.#addresses(candidate));
    } catch (thrown) {
      // What the guard forbids, it will forbid again.
      race.refused ||= thrown instanceof Refusal && thrown.code === "stream-unreachable";
      throw thrown;
    }
    if (race.over) {
      stream.close();
      throw unreachable();
    }
    race.over = true;
    return { candidate, stream };
  }

  /** Waits for `what`, but not longer than `ms`. */
  async #moment(ms: number, what: Promise<void | undefined>): Promise<void> {
    let cancel = nothing;
    await Promise.race([what, new Promise<void>((resolve) => (cancel = this.#parts.clock.after(ms, resolve)))]);
    cancel();
  }

  /** COMPAT: XEP-0260 settles the order for proxies alone; for their own hosts Psi keeps the initiator first, Conversations and Dino themselves. */
  #addresses({ type }: Candidate): string[] {
    const first = this.#dstaddr ?? this.#others;
    return type === "proxy" ? [first] : [...new Set([first, this.#others, this.#own])];
  }

  async #dial({ host, port }: Candidate, addresses: readonly string[]): Promise<ByteStream> {
    const limit = new AbortController();
    const cancel = this.#parts.clock.after(DIAL_TIME, () => limit.abort(unreachable()));
    const signal = AbortSignal.any([this.#end.signal, limit.signal]);
    try {
      let last: unknown = unreachable();
      for (const address of addresses) {
        if (signal.aborted) break;
        try {
          return await this.#parts.hosts.dial({ host, port }, address, signal);
        } catch (thrown) {
          last = thrown;
        }
      }
      throw last;
    } finally {
      cancel();
    }
  }
}

function isSamePlace(a: Candidate, b: Candidate): boolean {
  return a.host === b.host && a.port === b.port;
}

function unreachable(): Refusal {
  return new Refusal("stream-unreachable");
}

function nothing(): void {}
