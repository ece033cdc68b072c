/**
 * One connection of the component (XEP-0114 1.6), from the TCP handshake to its end, on xmpp.js's connection. What xmpp.js does:
 * socket, stream header, states, stream errors. What is ours: the parser, the handshake, saying goodbye, and that every connection ends in {@link ComponentConnection.ended}, with its socket destroyed. A new one is made for each attempt.
 */
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import ConnectionTCP from "@xmpp/connection-tcp";
import { type StanzaLimits, StreamParser, XmlError } from "./parser.js";
import { type Element, xml } from "./stanza.js";

const DEFAULT_PORT = 5347;
const STREAMS = "http://etherx.jabber.org/streams";
const STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams";
/** Where the kernel begins to ask whether an idle peer still lives (ms); Node asks ten times, a second apart. */
const KEEPALIVE = 20_000;

export interface ConnectionOptions {
  readonly domain: string;
  readonly server: string;
  readonly secret: string;
  readonly stanza: StanzaLimits;
  /** For the server's header, and for closing; three times as long for all until it is online (ms). */
  readonly timeout: number;
}

/** Whom the connection tells. None of these may throw. */
export interface ConnectionListener {
  /** Something was read, white space aside; after what was in it has been handed on. */
  read(): void;
  /** `size` in characters. */
  stanza(stanza: Element, size: number): void;
  /** The header of a stanza beyond the limits. */
  refused(header: Element): void;
}

export class ComponentConnection extends ConnectionTCP {
  /** Resolves with what ended it (undefined: it was closed in peace). Never rejects. */
  readonly ended: Promise<Error | undefined>;
  /** How often something was read, white space included. */
  reads = 0;

  readonly #options: ConnectionOptions;
  readonly #listener: ConnectionListener;
  #online = false;
  #deaf = false;
  #closing = false;
  #why: Error | undefined;

  constructor(options: ConnectionOptions, listener: ConnectionListener) {
    super({ service: options.server, domain: options.domain, timeout: options.timeout });
    this.#options = options;
    this.#listener = listener;
    this.NS = "jabber:component:accept";
    this.Parser = class extends StreamParser {
      constructor() {
        super(options.stanza);
        this.on("refused", (header: Element) => listener.refused(header));
      }
    };
    this.on("error", (e: Error) => (this.#why ??= e));
    this.on("close", () => this.#goodbye(""));
    this.ended = new Promise((resolve) => this.on("disconnect", () => resolve(this.#why)));
  }

  /** Whether we have stopped reading: then silence says nothing. */
  get paused(): boolean {
    return this.socket?.isPaused() ?? false;
  }

  /** Connects, opens the stream and shakes hands. Rejects with what went wrong; then it has ended too. */
  async establish(): Promise<void> {
    const { domain, server, secret, timeout } = this.#options;
    const late = setTimeout(() => this.destroy(new Error(`not online within ${3 * timeout} ms`)), 3 * timeout);
    try {
      const failed = this.ended.then((why) => Promise.reject(why ?? new Error("the server closed the connection")));
      await Promise.race([this.connect(server), failed]);
      const header = await Promise.race([this.open({ domain }), failed]);
      if (!header.is("stream", STREAMS)) throw new Error("what answers there is no XMPP server");
      const proof = createHash("sha1").update(`${header.attrs["id"]}${secret}`).digest("hex");
      const online = new Promise((resolve) => this.once("online", resolve));
      await this.send(xml("handshake", {}, proof));
      await Promise.race([online, failed]);
    } catch (e) {
      this.destroy(e as Error);
      throw this.#why ?? e;
    } finally {
      clearTimeout(late);
    }
  }

  /** Ends it in peace: says goodbye, and hears the server out until it has closed too, for a limited time. */
  async close(): Promise<void> {
    this.#goodbye("");
    await this.ended;
  }

  /** Ends it at once. */
  destroy(why: Error): void {
    this.#deaf = true;
    this.emit("error", why); // what xmpp.js waits for ends with it
    if (this.socket) this.socket.destroy();
    else this.emit("disconnect");
  }

  override socketParameters(service: string): { port: number; host: string } | undefined {
    const where = super.socketParameters(service);
    return where && { ...where, port: where.port ?? DEFAULT_PORT };
  }

  protected override _attachSocket(socket: Socket): void {
    super._attachSocket(socket);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEPALIVE);
    // xmpp.js takes its own listener off when it lets go of a socket.
    socket.on("error", () => {});
  }

  protected override _onData(data: Uint8Array): void {
    this.reads++;
    if (this.#deaf || !this.parser) return;
    try {
      this.parser.write(data);
    } catch (e) {
      const error = e instanceof XmlError ? e : new XmlError("internal-server-error", "reading failed", { cause: e });
      return this.#fail(error, error.condition);
    }
    if (!isWhitespace(data)) this.#listener.read();
  }

  protected override _onElement(element: Element, size = 0): void {
    if (this.#deaf) return;
    if (this.#online && STANZAS.has(element.name)) return this.#listener.stanza(element, size);
    if (element.is("error", STREAMS)) {
      this._onStreamError(element);
      this.#fail(this.#why!);
    } else if (element.name === "handshake" && !this.#online) {
      // At once: stanzas may follow in the same read.
      this.#online = true;
      this._jid(this.#options.domain);
      this._ready();
    }
  }

  /** A component has one server, and it is the one in the configuration. */
  protected override _onSeeOtherHost(error: Error): void {
    this.emit("error", error);
  }

  /** Ends it because of `why` (RFC 6120 §4.9): says so where there is a condition, and hears no more. */
  #fail(why: Error, condition?: string): void {
    this.#deaf = true;
    this.emit("error", why);
    this.#goodbye(condition ? `${xml("stream:error", {}, xml(condition, { xmlns: STREAM_ERRORS }))}` : "");
  }

  /** Closes the stream; the socket goes soon, whatever the server does. */
  #goodbye(last: string): void {
    const { socket } = this;
    if (!socket || this.#closing) return;
    this.#closing = true;
    socket.end(`${last}</stream:stream>`);
    socket.resume();
    const late = setTimeout(() => socket.destroy(), this.#options.timeout);
    socket.once("close", () => clearTimeout(late));
  }
}

const STANZAS = new Set(["iq", "message", "presence"]);

function isWhitespace(data: Uint8Array): boolean {
  for (const byte of data) if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return false;
  return true;
}
