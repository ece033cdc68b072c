/**
 * One Jingle session with one content on the wire, or one of the contents of a session that has several: turns what the peer says into events of `negotiate/jingle.ts`, and does what it decides. What the file is
 * and who gets it is the task's business. The peer's iq is answered before anything that it sets off is sent.
 */
import type { ByteStream } from "../../control/ports.js";
import type { Tongues } from "../../control/people/tongues.js";
import type { Clock } from "../../lib/clock.js";
import { Refusal, asRefusal } from "../../lib/errors.js";
import { randomId } from "../../lib/ids.js";
import type { BareJid, FullJid, Jid } from "../../lib/jid.js";
import type { Language } from "../../lib/languages/index.js";
import type { Log } from "../../lib/log.js";
import * as machine from "../negotiate/jingle.js";
import { reasonFor } from "../negotiate/jingle-reasons.js";
import { type StanzaStream, xml } from "../stanza.js";
import type { InBand } from "../streams.js";
import * as jingle from "../wire/xep0166-jingle.js";
import type { FileDescription, FileInfo, Version } from "../wire/xep0234-jingle-ft.js";
import type { S5b } from "../wire/xep0260-jingle-s5b.js";
import type { Ibb } from "../wire/xep0261-jingle-ibb.js";
import { nameOnly, oneFile, understand } from "./jingle-hearing.js";
import { S5bConnection, type S5bParts } from "./jingle-s5b.js";

/** Bytes in a block of an in-band stream, before base64: with it, a stanza stays well below what servers cut off. */
const BLOCK_SIZE = 16_384;

/** What begins an offer of ours. */
export function freshTransport(way: machine.Way): S5b | Ibb {
  const sid = randomId();
  return way === "ibb" ? { type: way, sid, blockSize: BLOCK_SIZE } : { type: way, sid, candidates: [] };
}

export interface SessionParts extends S5bParts {
  readonly stream: StanzaStream;
  readonly inBand: InBand;
  readonly tongues: Tongues;
  readonly clock: Clock;
  readonly log: Log;
}

/** Who speaks to whom about which file. */
export interface SessionFacts {
  readonly direction: machine.Direction;
  readonly self: Jid;
  readonly peer: FullJid;
  readonly sid: string;
  /** Of the one content. */
  readonly content: string;
  readonly version: Version;
  /** Whose transfer it is. */
  readonly member: BareJid;
  /** What the file is called, for words. */
  readonly name: string;
}

/** What is done with the bytes. */
export interface Task {
  /** The description that goes into our offer or acceptance. */
  describe(): FileDescription;
  /** out: he accepts, and may want a part of it. Answers whether that can be had. */
  accepted(description: FileDescription | undefined): boolean;
  /** Answers whether all of it came, or has gone. `last`: the last byte is about to go. Rejects with a Refusal, or the signal's reason. */
  move(stream: ByteStream, signal: AbortSignal, last: () => void): Promise<boolean>;
  /** in: keeps what came. Rejects with a Refusal. */
  keep(): Promise<void>;
  checksum(info: FileInfo): void;
  /** Told once. `why`: of everything that is neither done nor withdrawn. */
  ended(outcome: machine.Outcome, why: Refusal): void;
}

/** Says an action of a session, after the answer to what is being heard. Rejects as {@link StanzaStream.request} does. */
export type Speak = (action: jingle.Action, more: Partial<jingle.Jingle>) => Promise<void>;

export function speakIn(
  stream: StanzaStream,
  { direction, self, peer, sid }: Pick<SessionFacts, "direction" | "self" | "peer" | "sid">,
): Speak {
  const initiator = direction === "out" ? self : peer;
  return async (action, more) => {
    await Promise.resolve();
    const said = jingle.write({ action, sid, initiator, contents: [], ...more });
    await stream.request(xml("iq", { type: "set", from: self, to: peer }, said));
  };
}

/** What is said can be lost. */
export function unheeded(said: Promise<void>, log: Log, peer: FullJid): void {
  said.catch((err: unknown) => log.debug({ err, peer }, "said in vain in a Jingle session"));
}

export class JingleSession {
  readonly facts: SessionFacts;
  readonly #parts: SessionParts;
  readonly #task: Task;
  readonly #speak: Speak;
  /** Called when it is over; what comes later is answered by whoever remembers it. */
  readonly #over: () => void;
  #state: machine.State;
  #cancelTimer: () => void;
  #s5b: S5bConnection | undefined;
  /** The transport as it stands: offered, or answered with. */
  #offered: S5b | Ibb | undefined;
  #stream: ByteStream | undefined;
  /** Of the connection that is being made, or of the bytes on it. */
  #under = new AbortController();
  #refusal: Refusal | undefined;
  /** Whether the peer has heard of it. */
  #known: boolean;

  constructor(parts: SessionParts, facts: SessionFacts, task: Task, speak: Speak, over: () => void) {
    this.#parts = parts;
    this.facts = facts;
    this.#task = task;
    this.#speak = speak;
    this.#over = over;
    this.#state = machine.begin(facts.direction);
    this.#known = facts.direction === "in";
    this.#cancelTimer = this.#timer();
  }

  /** Whether our offer has had neither yes nor no. */
  get unanswered(): boolean {
    return this.#state.at === "offered";
  }

  get ended(): boolean {
    return this.#state.at === "ended";
  }

  /**
   * Makes ready the transport that we offer, or that answers the peer's offer; from then on he may come. Answers how many hosts it names.
   * Never rejects. The last one prepared is the one that counts.
   */
  async prepare(transport: S5b | Ibb): Promise<number> {
    this.#s5b?.close();
    this.#s5b = undefined;
    this.#offered = transport;
    if (transport.type === "ibb") return 0;
    const { direction, self, peer, member } = this.facts;
    const role = direction === "out" ? "initiator" : "responder";
    const s5b = (this.#s5b = new S5bConnection(this.#parts, { role, self, peer, sid: transport.sid, member }));
    s5b.hear(transport);
    const offered = (this.#offered = await s5b.offer());
    if (this.ended) s5b.close();
    return offered.candidates.length;
  }

  /** As {@link Speak}, for what can be lost: the other side's state tells. */
  mention(action: jingle.Action, more: Partial<jingle.Jingle>): void {
    unheeded(this.#speak(action, more), this.#parts.log, this.facts.peer);
  }

  /** Sends our offer. Rejects as {@link StanzaStream.request} does. */
  initiate(): Promise<void> {
    this.#known = true;
    const contents = [this.#content(this.#offered, this.#task.describe())];
    return this.#speak("session-initiate", { contents });
  }

  #content(transport?: jingle.Transport, description?: FileDescription): jingle.Content {
    const { content } = this.facts;
    return {
      creator: "initiator",
      name: content,
      senders: "initiator",
      ...(description && { description }),
      ...(transport && { transport }),
    };
  }

  /** What the peer says in this session. Throws Refusal "not-understood" where it lacks what it should have. */
  hear(heard: jingle.Jingle): machine.Reply {
    const event = this.#understand(heard);
    const { reply, effects } = this.#step(event);
    for (const effect of effects) this.#do(effect, heard);
    return reply;
  }

  /** What our own parts say. `refusal`: with "refused". */
  note(event: machine.Noted, refusal?: Refusal): void {
    if (!this.ended) this.#refusal ??= refusal;
    for (const effect of this.#step(event).effects) this.#do(effect);
  }

  /** As {@link note}, for what a part has thrown. */
  refuse(thrown: unknown): void {
    const refusal = asRefusal(thrown);
    if (refusal.code === "internal") this.#parts.log.error({ err: thrown }, "a Jingle session failed");
    this.note({ type: "refused", code: refusal.code }, refusal);
  }

  #step(event: machine.Event): machine.Step {
    const before = this.#state;
    const step = machine.step(this.facts.direction, before, event);
    this.#state = step.state;
    if (step.state.at === before.at) return step;
    this.#cancelTimer();
    if (this.ended) this.#over();
    else this.#cancelTimer = this.#timer();
    return step;
  }

  #timer(): () => void {
    const { clock } = this.#parts;
    return clock.after(machine.patience(this.facts.direction, this.#state), () => this.note({ type: "timeout" }));
  }

  #understand(heard: jingle.Jingle): machine.Heard {
    return understand(
      heard,
      this.facts.content,
      this.#offered?.type,
      (description) => this.#state.at === "offered" && this.#task.accepted(description),
    );
  }

  #do(effect: machine.Effect, heard?: jingle.Jingle): void {
    switch (effect.type) {
      case "say":
        return this.#saying(effect.what, heard);
      case "terminate":
        // Withdrawn before he has heard of it: there is nothing to end.
        if (!this.#known) return;
        return this.mention("session-terminate", { reason: this.#reason(effect) });
      case "candidates":
        return this.#candidates(heard);
      case "checksum":
        return void (heard?.info && heard.info.type !== "unsupported" && this.#task.checksum(heard.info));
      case "connect":
        if (heard) this.#candidates(heard);
        return void this.#connect(effect.way);
      case "disconnect":
        return this.#disconnect();
      case "move":
        return void this.#move();
      case "keep":
        return void this.#task.keep().then(
          () => this.note({ type: "kept" }),
          (thrown: unknown) => this.refuse(thrown),
        );
      case "outcome":
        return this.#task.ended(effect.outcome, this.#why(effect.outcome));
    }
  }

  #saying(what: machine.Saying, heard?: jingle.Jingle): void {
    const { content, version } = this.facts;
    const transport = heard?.contents.find(({ name }) => name === content)?.transport;
    switch (what) {
      case "accept":
        return this.#firmly(this.#accept());
      case "received":
        return this.mention("session-info", { info: { type: "received", version, name: content } });
      case "content-reject":
        return this.mention("content-reject", {
          contents: heard?.contents.map(nameOnly) ?? [],
          reason: oneFile(this.#language),
        });
      case "transport-reject":
        return this.mention("transport-reject", { contents: [this.#content(transport)] });
      case "replace":
        this.#offered = freshTransport("ibb");
        return this.#firmly(this.#speak("transport-replace", { contents: [this.#content(this.#offered)] }));
      case "transport-accept":
        if (transport?.type !== "ibb") return;
        this.#offered = transport;
        // COMPAT: Gajim 1.x names no stream ("None"), and goes on only when the session is accepted once more.
        if (transport.sid === "None") return this.#firmly(this.#accept());
        return this.#firmly(this.#speak("transport-accept", { contents: [this.#content(transport)] }));
    }
  }

  #accept(): Promise<void> {
    const contents = [this.#content(this.#offered, this.#task.describe())];
    return this.#speak("session-accept", { responder: this.facts.self, contents });
  }

  #candidates(heard?: jingle.Jingle): void {
    const transport = heard?.contents.find(({ name }) => name === this.facts.content)?.transport;
    if (transport?.type === "s5b") this.#s5b?.hear(transport);
    // XEP-0261 §2.2: a smaller block may be asked for.
    if (transport?.type === "ibb" && this.#offered?.type === "ibb")
      this.#offered = { ...this.#offered, blockSize: Math.min(this.#offered.blockSize, transport.blockSize) };
  }

  async #connect(way: machine.Way): Promise<void> {
    const under = (this.#under = new AbortController());
    await Promise.resolve(); // what is being heard is answered first
    try {
      const stream = await (way === "s5b" ? this.#connectSocks(under.signal) : this.#connectInBand(under.signal));
      if (under.signal.aborted) return stream.close();
      this.#stream = stream;
      const { direction, peer } = this.facts;
      this.#parts.log.debug({ peer, kind: stream.kind }, direction === "in" ? "a file comes in by Jingle" : "a file goes out by Jingle"); // prettier-ignore
      this.note({ type: "connected" });
    } catch (thrown) {
      if (under.signal.aborted) return;
      if (!(thrown instanceof Refusal)) this.#parts.log.warn({ err: thrown }, "a Jingle transport failed");
      this.note({ type: "unconnected" });
    }
  }

  #connectSocks(signal: AbortSignal): Promise<ByteStream> {
    const s5b = this.#s5b;
    if (!s5b) throw new Refusal("stream-unreachable");
    const { sid } = s5b;
    return s5b.connect((info) => {
      const transport: jingle.Transport = { type: "s5b", sid, candidates: [], info };
      this.mention("transport-info", { contents: [this.#content(transport)] });
    }, signal);
  }

  /** XEP-0261 §2.2: the initiator opens. */
  #connectInBand(signal: AbortSignal): Promise<ByteStream> {
    const { direction, self, peer } = this.facts;
    if (this.#offered?.type !== "ibb") throw new Refusal("stream-unreachable");
    const { sid, blockSize } = this.#offered;
    const address = { self, peer, sid };
    const { inBand } = this.#parts;
    return direction === "out" ? inBand.open(address, blockSize, signal) : inBand.expect(address, blockSize, signal);
  }

  #disconnect(): void {
    this.#under.abort(new Refusal("stream-cut", { name: this.facts.name }));
    this.#s5b?.close();
    this.#s5b = undefined;
    this.#stream?.close();
    this.#stream = undefined;
  }

  async #move(): Promise<void> {
    const stream = this.#stream;
    const { signal } = this.#under;
    if (!stream) return this.note({ type: "broken" });
    try {
      const all = await this.#task.move(stream, signal, () => this.note({ type: "last" }));
      if (!signal.aborted) this.note({ type: all ? "moved" : "broken" });
    } catch (thrown) {
      if (signal.aborted) return;
      if (thrown instanceof Refusal && thrown.code === "stream-cut") this.note({ type: "broken" });
      else this.refuse(thrown);
    }
  }

  get #language(): Language {
    return this.#parts.tongues.of(this.facts.peer);
  }

  #reason({ condition, code }: Extract<machine.Effect, { type: "terminate" }>): jingle.Reason {
    return code === undefined ? { condition } : reasonFor(this.#refused(code), this.#language);
  }

  #why(outcome: machine.Outcome): Refusal {
    return this.#refused(outcome.type === "failed" ? outcome.code : "stream-cut");
  }

  #refused(code: Refusal["code"]): Refusal {
    return this.#refusal?.code === code ? this.#refusal : new Refusal(code, { name: this.facts.name });
  }

  /** What must be taken, or it is over. */
  #firmly(said: Promise<void>): void {
    said.catch(() => this.note({ type: "bounced" }));
  }
}
