/** SOCKS5 byte streams (XEP-0065 §6, XEP-0260 §2): our own stream host, and connections to those of others. */
import type { ByteStream, StreamHost, StreamHosts } from "../../control/ports.js";
import type { BareJid } from "../../lib/jid.js";
import { dial, type DialParts } from "./dial.js";
import { Expected } from "./expected.js";
import type { Line } from "./line.js";
import { Listener, type ListenerLimits } from "./listener.js";
import { Memory } from "../memory.js";
import { SocksStream, type StreamLimits } from "./stream.js";

export interface SocksLimits extends ListenerLimits, StreamLimits {
  /** Addresses that may be expected for one member at a time. */
  readonly expectedEach: number;
  /** ms for reaching one of a host's addresses. */
  readonly dial: number;
}

export const SOCKS_LIMITS: SocksLimits = {
  handshake: 10_000,
  halfOpen: 512,
  halfOpenEach: 64,
  idle: 60_000,
  quiet: 2000,
  expectedEach: 64,
  dial: 5000,
};

export interface SocksParts extends Omit<DialParts, "time"> {
  /** Where to listen; port 0: any. */
  readonly listen: { readonly host: string; readonly port: number };
  /** How peers reach us. */
  readonly host: string;
  readonly limits?: SocksLimits;
}

export class SocksHosts implements StreamHosts {
  readonly #parts: SocksParts;
  readonly #limits: SocksLimits;
  readonly #expected: Expected<ByteStream>;
  readonly #listener: Listener;
  readonly #memory = new Memory();
  readonly #open = new Set<Line>();

  constructor(parts: SocksParts) {
    this.#parts = parts;
    this.#limits = parts.limits ?? SOCKS_LIMITS;
    this.#expected = new Expected(this.#limits.expectedEach);
    this.#listener = new Listener({
      ...parts,
      limits: this.#limits,
      wanted: (address) => {
        const expectation = this.#expected.take(address);
        if (!expectation) return undefined;
        return (line) => (expectation.lasts ? expectation.arrived(this.#stream(line), address) : line.close());
      },
    });
  }

  get own(): readonly StreamHost[] {
    const { port } = this.#listener;
    return port === undefined ? [] : [{ host: this.#parts.host, port }];
  }

  /** Listens. Rejects with one line that says what is wrong. */
  start(): Promise<void> {
    return this.#listener.start();
  }

  /** Ends the waiting, and cuts the streams that are left. */
  async stop(): Promise<void> {
    this.#expected.clear();
    await this.#listener.stop();
    for (const line of this.#open) line.close();
  }

  expect(
    addresses: readonly string[],
    member: BareJid,
    arrived: (stream: ByteStream, address: string) => void,
  ): () => void {
    return this.#expected.add(addresses, { member, arrived });
  }

  async dial(host: StreamHost, address: string, signal: AbortSignal): Promise<ByteStream> {
    return this.#stream(await dial({ ...this.#parts, time: this.#limits.dial }, host, address, signal));
  }

  #stream(line: Line): ByteStream {
    this.#open.add(line);
    line.socket.once("close", () => this.#open.delete(line));
    return new SocksStream(line, { memory: this.#memory, clock: this.#parts.clock, limits: this.#limits });
  }
}
