/** An XMPP client so small that thousands of them fit beside the server that they measure: logs in, shows itself, looks for a word. */
import { connect, type Socket } from "node:net";

export class RawClient {
  #socket: Socket | undefined;
  #text = "";
  #awaited: { readonly word: string; readonly found: () => void } | undefined;

  constructor(
    private readonly server: { readonly domain: string; readonly c2sPort: number },
    private readonly user: string,
  ) {}

  /** SASL PLAIN, resource binding, session. No presence yet. */
  async logIn(): Promise<void> {
    const { domain, c2sPort } = this.server;
    const open = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${domain}' version='1.0'>`;
    const socket = (this.#socket = connect({ port: c2sPort, host: "127.0.0.1", noDelay: true }));
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#read(text));
    await this.#ask(open, "</stream:features>");
    const plain = Buffer.from(`\0${this.user}\0${this.user}pw`).toString("base64");
    await this.#ask(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`, "<success");
    await this.#ask(open, "</stream:features>");
    const bind = `<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource></bind></iq>`;
    await this.#ask(bind, "</iq>");
  }

  /** Sends `xml` and resolves when `word` has come in. */
  async until(xml: string, word: string): Promise<void> {
    await this.#ask(xml, word);
  }

  send(xml: string | Uint8Array): void {
    this.#socket?.write(xml);
  }

  /** Shows what comes in while nothing else is waited for. */
  hear: (text: string) => void = () => undefined;

  close(): void {
    this.#socket?.end("</stream:stream>");
    this.#socket?.destroySoon();
  }

  #ask(xml: string, word: string): Promise<void> {
    this.#text = "";
    const found = new Promise<void>((resolve) => (this.#awaited = { word, found: resolve }));
    this.#socket!.write(xml);
    return found;
  }

  #read(text: string): void {
    const awaited = this.#awaited;
    if (!awaited) return this.hear(text);
    this.#text += text;
    if (!this.#text.includes(awaited.word)) return;
    this.#awaited = undefined;
    this.#text = "";
    awaited.found();
  }
}
