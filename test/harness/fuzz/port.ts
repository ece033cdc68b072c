/** A server's side of the component's stream for millions of stanzas: it keeps nothing of what came. */
import type { Socket } from "node:net";
import { SaxesParser } from "saxes";
import type { Element } from "ltx";
import { StreamParser } from "../../../component/messenger/parser.js";
import { ComponentPort } from "../component-port.js";

export interface Wait {
  readonly fits: (stanza: Element) => boolean;
  readonly resolve: (stanza: Element) => void;
}

export class FuzzPort {
  /** Shown every stanza that comes. */
  onStanza: (stanza: Element) => void = () => undefined;
  /** Connections that ended, and stanzas that came. */
  ended = 0;
  heard = 0;
  /** What came that is no stanza at all. */
  readonly faults: string[] = [];
  readonly #port: ComponentPort;
  readonly #waits = new Set<Wait>();
  #socket: Socket | undefined;
  #room: Promise<void> | undefined;
  #wake: () => void = () => undefined;

  private constructor(
    port: ComponentPort,
    readonly domain: string,
  ) {
    this.#port = port;
  }

  static async listen(domain: string): Promise<FuzzPort> {
    return new FuzzPort(await ComponentPort.listen(), domain);
  }

  get port(): number {
    return this.#port.port;
  }

  /** Takes its connections, the next after each that ends, until it is closed. */
  async serve(): Promise<void> {
    for (;;) {
      const peer = await this.#port.accept("secret", this.domain).catch(() => undefined);
      if (!peer) {
        if (this.#isClosed) return;
        continue;
      }
      const { socket } = peer;
      const parser = new StreamParser();
      parser.on("element", (stanza: Element) => this.#hear(stanza));
      parser.write(Buffer.from("<stream:stream>"));
      socket.removeAllListeners("data");
      const take = (text: string): void => {
        try {
          parser.write(Buffer.from(text));
        } catch (e) {
          this.faults.push(`what it sent is no XML: ${String(e)}`);
        }
      };
      take(peer.text);
      peer.text = "";
      socket.on("data", take);
      this.#socket = socket;
      this.#wake();
      await peer.closed;
      this.#socket = undefined;
      this.ended++;
    }
  }

  #isClosed = false;

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#port.close();
  }

  /** Resolves when there is a connection. */
  async online(): Promise<Socket> {
    while (!this.#socket) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#socket;
  }

  /** Sends; resolves when there is room for more. What goes into a connection that ends is lost, as it is with a server that dies. */
  async write(stanza: string | Uint8Array): Promise<void> {
    const socket = await this.online();
    if (socket.write(stanza) || socket.destroyed) return;
    // One for all who wait; an error is followed by the end.
    this.#room ??= new Promise<void>((resolve) => {
      const done = (): void => {
        socket.off("drain", done).off("close", done);
        this.#room = undefined;
        resolve();
      };
      socket.on("drain", done).on("close", done);
    });
    await this.#room;
  }

  /** The next stanza that fits. Rejects after `deadline` ms, or when the connection has ended meanwhile. */
  async wait(what: string, fits: (stanza: Element) => boolean, deadline = 30_000): Promise<Element> {
    const began = this.ended;
    let timer: NodeJS.Timeout | undefined;
    let wait: Wait | undefined;
    try {
      return await new Promise<Element>((resolve, reject) => {
        wait = { fits, resolve };
        this.#waits.add(wait);
        timer = setTimeout(() => reject(new Error(this.ended > began ? `the connection ended before ${what}` : `no ${what} in ${deadline} ms`)), deadline); // prettier-ignore
      });
    } finally {
      clearTimeout(timer);
      this.#waits.delete(wait!);
    }
  }

  #hear(stanza: Element): void {
    this.heard++;
    for (const wait of this.#waits)
      if (wait.fits(stanza)) {
        this.#waits.delete(wait);
        wait.resolve(stanza);
      }
    this.onStanza(stanza);
  }
}

/** Whether bytes are one well-formed stanza, as XMPP allows it: what is not ends the stream by design. */
export function isOneStanza(bytes: Uint8Array): boolean {
  let [depth, roots] = [0, 0];
  const no = (): never => {
    throw new Error("restricted");
  };
  const outside = (text: string): void => {
    if (depth === 1 && text.trim() !== "") no();
  };
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const sax = new SaxesParser({ xmlns: false, position: false, defaultXMLVersion: "1.0", forceXMLVersion: true });
    sax.on("opentag", () => (depth++ === 1 ? roots++ : 0));
    sax.on("closetag", () => depth--);
    sax.on("text", outside);
    sax.on("cdata", outside);
    sax.on("comment", no);
    sax.on("processinginstruction", no);
    sax.on("doctype", no);
    sax.write(`<stream>${text}</stream>`).close();
    return roots === 1;
  } catch {
    return false;
  }
}
