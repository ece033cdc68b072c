/**
 * In-band bytestreams (XEP-0047): who may open which, and which stanza belongs to which. A stream is known by both full addresses and its
 * sid, and is good for one. Late stanzas of one that has ended are answered as such for a while.
 * Left out: streams that nobody has agreed on beforehand (Jingle, SI), and sending in messages; they are taken in.
 */
import type { ByteStream } from "../control/ports.js";
import type { Clock } from "../lib/clock.js";
import { Bygones } from "../lib/bygones.js";
import { Counts } from "../lib/counts.js";
import { asRefusal, Refusal } from "../lib/errors.js";
import { type BareJid, bareOf, type Jid } from "../lib/jid.js";
import { Sets } from "../lib/sets.js";
import { InBandStream } from "./in-band-stream.js";
import { smallerThan } from "./negotiate/ibb.js";
import {
  onGone,
  type Element,
  errorReply,
  type IqRequest,
  ProtocolRefusal,
  type Router,
  StanzaError,
  type StanzaStream,
  xml,
} from "./stanza.js";
import type { InBand, InBandAddress } from "./streams.js";
import { NS, readClose, readData, readOpen, writeOpen } from "./wire/xep0047-ibb.js";

/** Streams of one person, awaited or open. */
const OF_ONE = 16;
/** How long ended ones are known (ms), and how many. */
const KEEP = 300_000;
const KEPT = 4096;
/** For the answer to an open (ms). */
const OPENING = 30_000;

export interface InBandOptions {
  readonly router: Router;
  readonly stream: StanzaStream;
  readonly clock: Clock;
}

interface Awaited {
  readonly blockSize: number;
  arrived(stream: ByteStream): void;
}

export class InBandStreams implements InBand {
  readonly #o: InBandOptions;
  readonly #awaited = new Map<string, Awaited>();
  readonly #open = new Map<string, InBandStream>();
  readonly #ofPeer = new Sets<Jid, InBandStream>();
  readonly #ended: Bygones;
  readonly #count = new Counts<BareJid>();

  constructor(options: InBandOptions) {
    this.#o = options;
    this.#ended = new Bygones(options.clock, KEEP, KEPT);
  }

  /** Begins to take stanzas. Before the chat's and the presence directory's start: they keep what they know from the others. */
  start(): void {
    const { router } = this.#o;
    router.iq("set", NS, "open", (request) => this.#opened(request));
    router.iq("set", NS, "data", ({ from, to, payload }) => this.#data(from, to, payload));
    router.iq("set", NS, "close", (request) => this.#closed(request));
    router.message((message, from, to) => this.#message(message, from, to));
    onGone(router, (client) => this.#ofPeer.of(client).forEach((stream) => stream.gone()));
  }

  /** Lets go of all streams. */
  stop(): void {
    for (const stream of [...this.#open.values()]) stream.close();
  }

  /** The stream to the server is gone, and every one in it. */
  disconnected(): void {
    for (const stream of [...this.#open.values()]) stream.gone();
  }

  expect(address: InBandAddress, blockSize: number, signal: AbortSignal): Promise<ByteStream> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const key = this.#claim(address);
      const aborted = (): void => {
        this.#awaited.delete(key);
        this.#release(address);
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", aborted, { once: true });
      this.#awaited.set(key, {
        blockSize,
        arrived(stream) {
          signal.removeEventListener("abort", aborted);
          resolve(stream);
        },
      });
    });
  }

  async open(address: InBandAddress, blockSize: number, signal: AbortSignal): Promise<ByteStream> {
    signal.throwIfAborted();
    const { stream } = this.#o;
    const { peer, self, sid } = address;
    const key = this.#claim(address);
    for (let size: number | undefined = blockSize; size !== undefined; size = smallerThan(size)) {
      // Before it is answered: his close may come right behind his answer.
      const opened = this.#begin(key, address, size);
      try {
        const open = writeOpen({ sid, blockSize: size, stanza: "iq" });
        await stream.request(xml("iq", { type: "set", from: self, to: peer }, open), { timeout: OPENING, signal });
        return opened;
      } catch (e) {
        if (e instanceof StanzaError) {
          // There never was one: nothing to be closed, and the next attempt has the same name.
          opened.gone();
          if (e.condition !== "resource-constraint") throw new Refusal("stream-unreachable", {}, { cause: e });
          this.#ended.forget(key);
          this.#claim(address);
        } else {
          opened.close();
          if (signal.aborted) throw signal.reason;
          throw new Refusal("stream-unreachable", {}, { cause: e });
        }
      }
    }
    this.#release(address);
    throw new Refusal("stream-unreachable", {}, { cause: new Error("every block is too large for the peer") });
  }

  /** The name of a new one, which counts from now on. */
  #claim(address: InBandAddress): string {
    const key = keyOf(address.peer, address.self, address.sid);
    const bare = bareOf(address.peer);
    const count = this.#count.of(bare);
    if (this.#awaited.has(key) || this.#open.has(key) || count >= OF_ONE)
      throw new Refusal("stream-unreachable", {}, { cause: new Error(`${count} in-band streams, or this one twice`) });
    this.#count.add(bare);
    return key;
  }

  #release({ peer }: InBandAddress): void {
    this.#count.drop(bareOf(peer));
  }

  #begin(key: string, address: InBandAddress, blockSize: number): InBandStream {
    const { stream, clock } = this.#o;
    const made = new InBandStream({ stream, clock, address, blockSize, ended: () => this.#end(key, address, made) });
    this.#open.set(key, made);
    this.#ofPeer.add(address.peer, made);
    return made;
  }

  #end(key: string, address: InBandAddress, ended: InBandStream): void {
    this.#open.delete(key);
    this.#ofPeer.drop(address.peer, ended);
    this.#release(address);
    this.#ended.add(key);
  }

  #opened({ from, to, payload }: IqRequest): undefined {
    const open = readOpen(payload);
    if (!open) throw new Refusal("not-understood");
    const key = keyOf(from, to, open.sid);
    const awaited = this.#awaited.get(key);
    if (!awaited) throw new ProtocolRefusal({ type: "cancel", condition: "not-acceptable" }, "no-such-service");
    if (open.blockSize > awaited.blockSize)
      throw new ProtocolRefusal({ type: "modify", condition: "resource-constraint" }, "not-understood");
    this.#awaited.delete(key);
    awaited.arrived(this.#begin(key, { peer: from, self: to, sid: open.sid }, open.blockSize));
    return undefined;
  }

  #data(from: Jid, to: Jid, payload: Element): undefined | Promise<undefined> {
    const data = readData(payload);
    if (!data) throw new Refusal("not-understood");
    const stream = this.#open.get(keyOf(from, to, data.sid));
    if (!stream) throw new Refusal("not-found");
    return stream.block(data);
  }

  #closed({ from, to, payload }: IqRequest): undefined {
    const sid = readClose(payload);
    if (sid === undefined) throw new Refusal("not-understood");
    const key = keyOf(from, to, sid);
    const stream = this.#open.get(key);
    if (!stream && !this.#ended.has(key)) throw new Refusal("not-found");
    stream?.closed();
    return undefined;
  }

  /** §4: data in messages is not acknowledged; what is wrong with it is said all the same. */
  #message(message: Element, from: Jid, to: Jid): boolean {
    const payload = message.getChild("data", NS);
    if (!payload || message.attrs["type"] === "error") return false;
    try {
      void this.#data(from, to, payload);
    } catch (e) {
      void this.#o.stream.send(errorReply(message, asRefusal(e)));
    }
    return true;
  }
}

/** No address has a line end in it. */
function keyOf(peer: Jid, self: Jid, sid: string): string {
  return `${peer}\n${self}\n${sid}`;
}
