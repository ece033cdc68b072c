/** Our stream host with real sockets on loopback, and peers that send exactly the bytes that a test wants. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { ByteStream } from "../../component/control/ports.js";
import { systemClock, type Clock } from "../../component/lib/clock.js";
import { bare, type BareJid } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import { Guard } from "../../component/transfer/guard.js";
import { SOCKS_LIMITS, SocksHosts, type SocksLimits } from "../../component/transfer/socks5/hosts.js";

export const MEMBER: BareJid = bare("romeo@example.test");
/** What a test waits at most for anything that must come. */
const PATIENCE = 10_000;

export interface SocksStage {
  readonly hosts: SocksHosts;
  readonly port: number;
  /** A connection to the host, with nothing said yet. */
  connect(): Promise<RawPeer>;
  /** A peer and our end of one stream, with the handshake done; `early`: bytes that the peer sends together with its request. */
  joined(early?: Uint8Array): Promise<{ peer: RawPeer; stream: ByteStream }>;
  stop(): Promise<void>;
}

export interface SocksStageOptions {
  readonly limits?: Partial<SocksLimits>;
  readonly clock?: Clock;
  readonly listen?: string;
  readonly allowPrivate?: boolean;
}

export async function socksStage(options: SocksStageOptions = {}): Promise<SocksStage> {
  const { limits, clock = systemClock, listen = "127.0.0.1", allowPrivate = true } = options;
  const hosts = new SocksHosts({
    listen: { host: listen, port: 0 },
    host: "files.example.test",
    guard: new Guard({ allowPrivate, ports: [] }),
    clock,
    log: createLog("silent"),
    limits: { ...SOCKS_LIMITS, ...limits },
  });
  await hosts.start();
  const port = hosts.own[0]!.port;
  const peers: RawPeer[] = [];
  const to = async (): Promise<RawPeer> => {
    const socket = connect({ port, host: listen === "::" ? "::1" : listen, allowHalfOpen: true });
    await once(socket, "connect", { signal: AbortSignal.timeout(PATIENCE) });
    const peer = new RawPeer(socket);
    peers.push(peer);
    return peer;
  };
  return {
    hosts,
    port,
    connect: to,
    async joined(early = new Uint8Array()) {
      const address = addressOf();
      const arrival = arrivalOf(hosts, address);
      const peer = await to();
      peer.send(hello());
      expectBytes(await peer.read(2), "0500");
      peer.send(Buffer.concat([asking(address), early]));
      expectBytes((await peer.read(47)).subarray(0, 4), "05000003");
      return { peer, stream: await arrival };
    },
    async stop() {
      for (const peer of peers) peer.socket.destroy();
      await hosts.stop();
    },
  };
}

/** The stream that comes for the address. */
export function arrivalOf(hosts: SocksHosts, ...addresses: string[]): Promise<ByteStream> {
  return within("an arrival", new Promise((resolve) => hosts.expect(addresses, MEMBER, resolve)));
}

let count = 0;

/** A hash that no stream had before. */
export function addressOf(name = `stream ${count++}`): string {
  return createHash("sha1").update(name).digest("hex");
}

export function hello(): Buffer {
  return Buffer.from("050100", "hex");
}

export function asking(address: string): Buffer {
  return Buffer.concat([Buffer.from("0501000328", "hex"), Buffer.from(address), Buffer.alloc(2)]);
}

/** One end of a connection, byte by byte. */
export class RawPeer {
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #ended = false;
  #reset = false;
  readonly #wakes: (() => void)[] = [];

  constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
    });
    socket.on("end", () => (this.#ended = true));
    socket.on("error", () => (this.#reset = true));
    for (const event of ["data", "end", "error", "close"])
      socket.on(event, () => this.#wakes.splice(0).forEach((wake) => wake()));
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Each byte as a segment of its own, each when the one before has gone. */
  async sendSlowly(bytes: Uint8Array): Promise<void> {
    for (const byte of bytes) {
      await new Promise<void>((resolve) => this.socket.write(Uint8Array.of(byte), () => resolve()));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** The next `n` bytes. */
  async read(n: number): Promise<Buffer> {
    await this.#until(`${n} bytes`, () => this.#length >= n);
    const all = Buffer.concat(this.#chunks);
    this.#chunks.splice(0, this.#chunks.length, all.subarray(n));
    this.#length -= n;
    return all.subarray(0, n);
  }

  /** Everything until the other side ended the connection: in order, or by a reset. */
  async rest(): Promise<{ bytes: Buffer; reset: boolean }> {
    await this.#until("an end", () => this.#ended || this.#reset || this.socket.destroyed);
    return { bytes: Buffer.concat(this.#chunks), reset: this.#reset };
  }

  /** Ends the connection without order: what the other side has sent or will send is lost. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  async #until(what: string, done: () => boolean): Promise<void> {
    while (!done()) await within(what, new Promise<void>((resolve) => this.#wakes.push(resolve)));
  }
}

export interface FakeHost {
  readonly port: number;
  /** The next connection to it. */
  next(): Promise<RawPeer>;
  stop(): Promise<void>;
}

/** A stream host of somebody else, played by the test. */
export async function fakeHost(host = "127.0.0.1"): Promise<FakeHost> {
  const server: Server = createServer({ allowHalfOpen: true });
  const sockets = new Set<Socket>();
  const arrived: RawPeer[] = [];
  const waiting: ((peer: RawPeer) => void)[] = [];
  server.on("connection", (socket) => {
    sockets.add(socket);
    const peer = new RawPeer(socket);
    const taker = waiting.shift();
    if (taker) taker(peer);
    else arrived.push(peer);
  });
  await once(server.listen(0, host), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    next: () => within("a connection", new Promise((resolve) => (arrived[0] ? resolve(arrived.shift()!) : waiting.push(resolve)))), // prettier-ignore
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Resolves when the value has not changed for a while: whatever is to fill up is full. */
export async function still(value: () => number): Promise<void> {
  for (let [same, before] = [0, value()]; same < 10;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = value();
    same = now === before ? same + 1 : 0;
    before = now;
  }
}

/** The value, or an error that says what did not come. */
export function within<T>(what: string, value: Promise<T>, ms = PATIENCE): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} did not come within ${ms} ms`)), ms).unref();
    value.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function expectBytes(bytes: Buffer, wanted: string): void {
  if (bytes.toString("hex") !== wanted) throw new Error(`${bytes.toString("hex")} came instead of ${wanted}`);
}
