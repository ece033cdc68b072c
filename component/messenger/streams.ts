/** What the negotiations of Jingle and SI ask of the parts that make byte streams out of stanzas. */
import type { ByteStream, StreamHost } from "../control/ports.js";
import type { Jid } from "../lib/jid.js";

/** One in-band bytestream (XEP-0047), known by both full addresses and its sid. */
export interface InBandAddress {
  readonly peer: Jid;
  /** The address of ours that the peer speaks to. */
  readonly self: Jid;
  readonly sid: string;
}

export interface InBand {
  /**
   * Waits for the peer's `open`. Answered with an error are others' `open`s, a block size above `blockSize` (resource-constraint: the peer
   * asks for less), and what comes when nobody waits. Rejects with the signal's reason.
   */
  expect(address: InBandAddress, blockSize: number, signal: AbortSignal): Promise<ByteStream>;
  /** Opens one, with a smaller block where the peer wants it (§2.1). Rejects with Refusal "stream-unreachable", or the signal's reason. */
  open(address: InBandAddress, blockSize: number, signal: AbortSignal): Promise<ByteStream>;
}

/** A SOCKS5 proxy of a server (XEP-0065 §4). */
export interface Proxy extends StreamHost {
  readonly jid: Jid;
}

export interface Proxies {
  /** The proxies that somebody at `domain` is likely to reach: his server's, as disco tells; kept for a while. Never rejects: none is an answer too. */
  near(domain: Jid, signal: AbortSignal): Promise<readonly Proxy[]>;
  /** Asks the proxy to join `self` and `target` (§6.3.5). Rejects with Refusal "stream-unreachable". */
  activate(proxy: Jid, self: Jid, sid: string, target: Jid, signal: AbortSignal): Promise<void>;
}
