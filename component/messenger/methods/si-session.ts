/** One file that is being received by stream initiation, from its offer to its end: does what negotiate/si-responder.ts decides. */
import type { ByteStream, Reception, StreamHosts } from "../../control/ports.js";
import type { Clock } from "../../lib/clock.js";
import { asRefusal, Refusal } from "../../lib/errors.js";
import type { FullJid, Jid } from "../../lib/jid.js";
import {
  JUDGING,
  respond,
  type ResponderEffect,
  type ResponderEvent,
  type ResponderState,
} from "../negotiate/si-responder.js";
import type { Log } from "../../lib/log.js";
import { type Element, ProtocolRefusal } from "../stanza.js";
import type { InBand } from "../streams.js";
import * as bytestreams from "../wire/xep0065-bytestreams.js";
import { takeIn } from "./bytes.js";
import { checkMd5 } from "./check-md5.js";
import { dialFirst } from "./dial-first.js";

/** How long the peer may take to begin a stream once it was accepted, and again after SOCKS5 has failed (ms). It may ask proxies first. */
const STREAM_WAIT = 90_000;
/** The largest block that XEP-0047 has. */
const BLOCK_SIZE = 65_535;

export interface SiSessionParts {
  readonly streamHosts: Pick<StreamHosts, "dial">;
  readonly inBand: Pick<InBand, "expect">;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SiFile {
  readonly peer: FullJid;
  /** The address of ours that the peer speaks to, exactly as he does. */
  readonly self: Jid;
  readonly sid: string;
  /** For words. */
  readonly name: string;
  readonly size: number;
  readonly md5?: string;
}

/** Answers the peer's `<query/>`. */
interface Asker {
  readonly query: bytestreams.Query;
  readonly resolve: (answer: Element) => void;
  readonly reject: (why: Refusal) => void;
}

/** What an event brings along. */
interface Brought {
  readonly stream?: ByteStream;
  readonly asker?: Asker;
  readonly used?: Jid;
  readonly why?: Refusal;
}

export class SiSession {
  /** Resolves when nothing more is to be done. */
  readonly ended: Promise<void>;
  #state: ResponderState = JUDGING;
  #reception: Reception | undefined;
  #offset = 0;
  /** Aborted when a stream is there, or not wanted any more. */
  readonly #wait = new AbortController();
  /** Aborted when the bytes are to stop. */
  readonly #move = new AbortController();
  #cancelTimer = (): void => {};
  #expecting = false;
  /** Whose hosts are being dialled. */
  #asker: Asker | undefined;
  #end = (): void => {};

  constructor(
    private readonly parts: SiSessionParts,
    private readonly file: SiFile,
  ) {
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  /** The file is taken, its first `offset` bytes being here already. From now on a stream may come. False: too late, we are going down. */
  accept(reception: Reception, offset: number): boolean {
    this.#reception = reception;
    this.#offset = offset;
    this.#step({ type: "accepted" });
    return this.#state.at !== "ended";
  }

  refuse(): void {
    this.#step({ type: "refused" });
  }

  /** The peer names hosts. Answers which is used; rejects with the error that he gets. */
  hosts(query: bytestreams.Query): Promise<Element> {
    return new Promise((resolve, reject) => this.#step({ type: "hosts" }, { asker: { query, resolve, reject } }));
  }

  /** Whose it is. */
  get peer(): FullJid {
    return this.file.peer;
  }

  /** The peer offers this: should it be the same file, and SOCKS5 have failed for it, he is done with this session. Resolves when it does not stand in the way. */
  async giveWay({ peer, self, name, size }: SiFile): Promise<void> {
    const { file } = this;
    if (file.peer !== peer || file.self !== self || file.name !== name || file.size !== size) return;
    this.#step({ type: "anew" });
    if (this.#state.at === "ended") await this.ended;
  }

  /** The peer's client is no longer there: no stream will come. One that is there knows by itself when it ends. */
  gone(): void {
    this.#step({ type: "late" });
  }

  stop(): void {
    this.#step({ type: "stop" });
  }

  #step(event: ResponderEvent, brought: Brought = {}): void {
    const { state, effects } = respond(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#do(effect, brought);
    if (event.type === "refused") this.#end();
  }

  #do(effect: ResponderEffect, { stream, asker, used, why }: Brought): void {
    switch (effect.do) {
      case "wait":
        this.#cancelTimer();
        this.#cancelTimer = this.parts.clock.after(STREAM_WAIT, () => this.#step({ type: "late" }));
        return this.#expect();
      case "settle":
        this.#cancelTimer();
        return this.#wait.abort(new Refusal("stream-unreachable"));
      case "dial":
        return this.#dial(asker!);
      case "answer":
        return this.#answer(effect.with, asker ?? this.#asker!, used);
      case "take":
        return void this.#take(stream!);
      case "abort":
        return this.#move.abort(new Refusal("stopping"));
      case "drop":
        return stream!.close();
      case "complete":
        return this.#finish((reception) => reception.complete());
      case "fail":
        return this.#finish((reception) =>
          reception.fail(new Refusal(effect.code, { ...why?.details, name: this.file.name }, { cause: why })),
        );
    }
  }

  #expect(): void {
    if (this.#expecting) return;
    this.#expecting = true;
    this.parts.inBand.expect(this.file, BLOCK_SIZE, this.#wait.signal).then(
      (stream) => this.#step({ type: "opened" }, { stream }),
      (err: unknown) => {
        if (!(err instanceof Refusal))
          this.parts.log.error({ err, from: this.file.peer }, "no in-band stream is expected");
      },
    );
  }

  #dial(asker: Asker): void {
    const { peer, self, sid } = this.file;
    const { query } = asker;
    this.#asker = asker;
    const address = query.address ?? bytestreams.destination(sid, peer, self);
    dialFirst(this.parts, query.hosts, address, this.#wait.signal).then(
      ({ stream, host }) => this.#step({ type: "reached" }, { stream, used: host.jid }),
      () => this.#step({ type: "unreached" }),
    );
  }

  #answer(word: "used" | "unreachable" | "unwanted", asker: Asker, used: Jid | undefined): void {
    if (asker === this.#asker) this.#asker = undefined;
    const { sid, name } = this.file;
    if (word === "unwanted") return asker.reject(unwanted());
    // §5.3.2: the error that makes clients try in-band.
    if (word === "unreachable")
      return asker.reject(
        new ProtocolRefusal({ type: "cancel", condition: "item-not-found" }, "stream-unreachable", { name }),
      );
    asker.resolve(bytestreams.write({ sid, udp: false, hosts: [], used: used! }));
  }

  async #take(stream: ByteStream): Promise<void> {
    const { size, md5 } = this.file;
    const offset = this.#offset;
    this.parts.log.debug(
      { from: this.file.peer, kind: stream.kind, size, offset },
      "a file comes in by stream initiation",
    );
    try {
      const reception = md5 === undefined ? this.#reception! : checkMd5(this.#reception!, size, md5);
      const isWhole = await takeIn(stream, reception, { size, offset }, this.#move.signal);
      // SI has no word for breaking off: whoever stops early has stopped.
      this.#step(isWhole ? { type: "came" } : { type: "broke", code: "stream-cut" });
    } catch (thrown) {
      const why = asRefusal(thrown);
      if (why.code === "internal")
        this.parts.log.error({ err: why.cause, from: this.file.peer }, "a file was not taken");
      this.#step({ type: "broke", code: why.code }, { why });
    } finally {
      stream.close();
    }
  }

  #finish(how: (reception: Reception) => Promise<unknown>): void {
    how(this.#reception!)
      .catch((thrown: unknown) => {
        // The sender has been told in chat what was wrong with it.
        if (!(thrown instanceof Refusal))
          this.parts.log.error({ err: thrown, from: this.file.peer }, "a file was not kept");
      })
      .finally(() => this.#end());
  }
}

/** §5.3.1: a stream that nobody here waits for. */
export function unwanted(): Refusal {
  return new ProtocolRefusal({ type: "modify", condition: "not-acceptable" }, "not-found");
}
