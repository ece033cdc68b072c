/** Moving bytes: fetching by links, and byte streams with peers. */
import type { BareJid } from "../../lib/jid.js";

/** What is known of a remote file before its bytes. */
export interface Announced {
  readonly name: string;
  readonly size: number | undefined;
  readonly mediaType: string;
}

/** Fetches by links that others name, through the one guard against forged addresses. */
export interface Fetcher {
  /** Whether the link may be fetched at all (scheme, port, literal address); a Refusal when not. Asks nobody. */
  judge(url: string): void;
  /**
   * Fetches into `sink`, resuming where the peer lets it, following redirects through the same guard.
   * `begin` is called once with what the peer announces, before the first byte: it throws to refuse.
   * Refusals: link-*, larger-than-said, shorter-than-said; what `begin` or `sink` throw passes through.
   */
  fetch(
    url: string,
    limits: { readonly bytes: number; readonly name?: string },
    begin: (a: Announced) => Promise<void>,
    sink: (chunk: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<{ bytes: number }>;
}

/** A byte stream with one peer, whichever way it was made: SOCKS5 (XEP-0065, 0260) or in-band (XEP-0047, 0261). Used in one direction. */
export interface ByteStream {
  readonly kind: "socks5" | "in-band";
  /**
   * Moves what the peer sends into `sink`, in order, until `most` bytes have come or the peer has ended the stream; answers how many came.
   * The memory of a chunk is the stream's again when the sink's promise settles. At most once.
   * Rejects with Refusal "larger-than-said" when more than `most` bytes are there, "stream-cut" when the connection broke or stood still,
   * with what `sink` throws, or with the signal's reason.
   */
  receive(most: number, sink: (chunk: Uint8Array) => Promise<void>, signal: AbortSignal): Promise<number>;
  /** Puts bytes on their way, no faster than the peer takes them; the memory is the caller's again when it settles. Rejects with Refusal "stream-cut". One call at a time. */
  write(chunk: Uint8Array): Promise<void>;
  /** After the last byte: resolves when the peer has taken it all, as far as the stream can tell. Rejects with Refusal "stream-cut". */
  end(): Promise<void>;
  /** Lets go of it in whatever state it is. Idempotent, never rejects. */
  close(): void;
}

/** Where a SOCKS5 host for byte streams listens. */
export interface StreamHost {
  /** A name or a literal address. */
  readonly host: string;
  readonly port: number;
}

/** SOCKS5 byte streams: our own stream host, and connections to those of others. */
export interface StreamHosts {
  /** Where peers reach our own; empty when it does not listen. */
  readonly own: readonly StreamHost[];
  /**
   * Takes connections to our own host that name one of `addresses` (DST.ADDR: 40 lower-case hex characters); each address is good for one.
   * `member` is whose transfer it is: each has only so many. The answer ends the waiting; streams that were handed over are their taker's.
   */
  expect(
    addresses: readonly string[],
    member: BareJid,
    arrived: (stream: ByteStream, address: string) => void,
  ): () => void;
  /** Connects to a host that somebody else named, through the guard. Rejects with the guard's refusals or Refusal "stream-unreachable". */
  dial(host: StreamHost, address: string, signal: AbortSignal): Promise<ByteStream>;
}
