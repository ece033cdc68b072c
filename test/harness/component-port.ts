/** Plays the server at its component port (XEP-0114), byte by byte if need be: for what no real server would do. */
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createHash } from "node:crypto";
import { once } from "node:events";

const DEADLINE = 10_000;
const HEADER = `<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept' id='3BF96D32' from='files.example.org'>`;

export class ComponentPort {
  readonly #server: Server = createServer({ noDelay: true, pauseOnConnect: false });
  readonly #fresh: Peer[] = [];
  readonly #peers: Peer[] = [];
  #wake: () => void = () => {};
  /** Connections so far. */
  connections = 0;

  static async listen(port = 0): Promise<ComponentPort> {
    const it = new ComponentPort();
    it.#server.on("connection", (socket) => {
      it.connections++;
      const peer = new Peer(socket);
      it.#fresh.push(peer);
      it.#peers.push(peer);
      it.#wake();
    });
    it.#server.listen(port, "127.0.0.1");
    await once(it.#server, "listening");
    return it;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `xmpp://127.0.0.1:${this.port}`;
  }

  /** The next connection that nobody has taken yet, with nothing said on it. */
  async next(): Promise<Peer> {
    await within("a connection", async (signal) => {
      while (this.#fresh.length === 0) {
        signal.throwIfAborted();
        await Promise.race([new Promise<void>((resolve) => (this.#wake = resolve)), aborted(signal)]);
      }
    });
    return this.#fresh.shift()!;
  }

  /** The next connection, up to and including the handshake. */
  async accept(secret = "secret", domain = "files.example.org"): Promise<Peer> {
    const peer = await this.next();
    await peer.open(domain);
    const proof = createHash("sha1").update(`3BF96D32${secret}`).digest("hex");
    await peer.waitFor(`<handshake>${proof}</handshake>`);
    peer.write("<handshake/>");
    return peer;
  }

  async close(): Promise<void> {
    for (const peer of this.#peers) peer.socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

export class Peer {
  /** All that came and that nobody has waited for yet. */
  text = "";
  readonly closed: Promise<void>;
  #wake: () => void = () => {};

  constructor(readonly socket: Socket) {
    socket.setEncoding("utf8");
    socket.on("data", (data: string) => {
      this.text += data;
      this.#wake();
    });
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => socket.once("close", () => (resolve(), this.#wake())));
  }

  write(data: string | Uint8Array): void {
    this.socket.write(data);
  }

  /** Takes the component's header and sends ours. */
  async open(domain = "files.example.org"): Promise<void> {
    await this.waitFor(new RegExp(`<stream:stream [^>]*to="${domain}"[^>]*>`));
    this.write(HEADER);
  }

  /** Waits until this has come, and answers it with its groups; what came up to there is done with. */
  async waitFor(what: string | RegExp): Promise<string[]> {
    let found: string[] = [];
    await within(`${what} (there is: ${this.text.slice(0, 500)})`, async (signal) => {
      for (;;) {
        const match =
          typeof what === "string"
            ? { at: this.text.indexOf(what), groups: [what] }
            : ((m) => ({ at: m?.index ?? -1, groups: [...(m ?? [])] }))(what.exec(this.text));
        if (match.at >= 0) {
          this.text = this.text.slice(match.at + match.groups[0]!.length);
          found = match.groups;
          return;
        }
        signal.throwIfAborted();
        if (this.socket.destroyed) throw new Error(`closed without ${what}`);
        await Promise.race([new Promise<void>((resolve) => (this.#wake = resolve)), aborted(signal)]);
      }
    });
    return found;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

async function within(what: string, task: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`nothing like ${what} in ${DEADLINE} ms`)), DEADLINE);
  try {
    await task(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
