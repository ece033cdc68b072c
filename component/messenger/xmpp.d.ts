/** What we use of xmpp.js's connection (it comes without types): the public part, and the hooks that its subclasses override. */
declare module "@xmpp/connection-tcp" {
  import type { EventEmitter } from "node:events";
  import type { Socket } from "node:net";
  import type { Element } from "ltx";

  /** Emits error, status, connect, open, online, close, disconnect. */
  export default class ConnectionTCP extends EventEmitter {
    constructor(options: { service: string; domain: string; timeout?: number });
    readonly socket: Socket | null;
    /** Made anew for each stream: emits start, element, end. */
    Parser: new () => EventEmitter & { write(data: Uint8Array): void };
    readonly parser: (EventEmitter & { write(data: Uint8Array): void }) | null;
    /** The stream's default namespace. */
    NS: string;
    /** Opens the socket. */
    connect(service: string): Promise<void>;
    /** Opens the stream; answers the server's header. */
    open(options: { domain: string }): Promise<Element>;
    /** Writes now. */
    send(element: Element): Promise<void>;
    socketParameters(service: string): { port: number | null; host: string } | undefined;
    protected _attachSocket(socket: Socket): void;
    protected _onData(data: Uint8Array): void;
    protected _onElement(element: Element): void;
    protected _onStreamError(element: Element): void;
    protected _onSeeOtherHost(error: Error): void;
    protected _jid(address: string): void;
    protected _ready(): void;
  }
}
