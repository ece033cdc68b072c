/** The server's side of the stream in memory: hands stanzas to whoever registered for them, and keeps what was sent. */
import { parse } from "ltx";
import { SaxesParser } from "saxes";
import { Refusal, asRefusal } from "../../component/lib/errors.js";
import { type Jid, bare, toJid } from "../../component/lib/jid.js";
import {
  type Element,
  type IqHandler,
  type Router,
  type StanzaHandler,
  type StanzaStream,
  errorReply,
  xml,
} from "../../component/messenger/stanza.js";
import { serialise } from "../../component/messenger/serialise.js";

export class FakeStream implements StanzaStream, Router {
  readonly domain: Jid;
  online = true;
  /** Everything that was sent, oldest first; a test may empty it. */
  readonly sent: Element[] = [];
  /** How a peer answers our requests: with its result, by throwing, or never (undefined: "offline" at once, as after a time-out). */
  answer: (iq: Element) => Element | undefined | Promise<Element | undefined> = () => undefined;
  /** Called for everything that is sent, before `send` settles. */
  onSend: (stanza: Element) => void = () => {};

  readonly #iqs = new Map<string, IqHandler>();
  readonly #messages: StanzaHandler[] = [];
  readonly #presences: StanzaHandler[] = [];

  constructor(domain = "files.example.org") {
    this.domain = bare(domain);
  }

  async send(stanza: Element): Promise<void> {
    if (!this.online) throw new Refusal("offline");
    if (!attrs(stanza)["from"]) throw new TypeError(`sent without from: ${stanza.toString()}`);
    new SaxesParser({ xmlns: true }).write(serialise(stanza)).close(); // throws on what no server would take for XML
    this.sent.push(stanza);
    this.onSend(stanza);
  }

  /** Its server reads at once. */
  deliver(stanza: Element): Promise<void> {
    return this.send(stanza);
  }

  async request(iq: Element): Promise<Element> {
    await this.send(iq);
    const result = await this.answer(iq);
    if (!result) throw new Refusal("offline");
    return result;
  }

  iq(type: "get" | "set", namespace: string, name: string, handler: IqHandler): void {
    this.#iqs.set(`${type} ${namespace} ${name}`, handler);
  }

  message(handler: StanzaHandler): void {
    this.#messages.push(handler);
  }

  presence(handler: StanzaHandler): void {
    this.#presences.push(handler);
  }

  /** Lets a stanza come in. Answers the reply to an iq; for messages and presence, whether somebody took it. */
  async receive(stanza: Element | string): Promise<Element | boolean> {
    const element = typeof stanza === "string" ? parse(stanza) : stanza;
    const from = toJid(String(attrs(element)["from"]));
    const to = toJid(String(attrs(element)["to"]));
    if (!from || !to) throw new TypeError(`the router would not let it in: ${element.toString()}`);
    if (element.name === "iq") return this.#answerTo(element, from, to);
    const handlers = element.name === "message" ? this.#messages : this.#presences;
    return handlers.some((handler) => handler(element, from, to));
  }

  /** What was sent since the last call. */
  take(): Element[] {
    return this.sent.splice(0);
  }

  async #answerTo(stanza: Element, from: Jid, to: Jid): Promise<Element> {
    const { id, type } = attrs(stanza);
    const [payload] = stanza.getChildElements();
    if (!payload || (type !== "get" && type !== "set")) throw new TypeError("no request");
    const handler = this.#iqs.get(`${type} ${payload.getNS() ?? ""} ${payload.getName()}`);
    try {
      if (!handler) throw new Refusal("no-such-service");
      const result = await handler({ from, to, type, payload, stanza });
      return xml("iq", { type: "result", id, from: to, to: from }, result);
    } catch (thrown) {
      return errorReply(stanza, asRefusal(thrown));
    }
  }
}

function attrs(element: Element): Record<string, string | undefined> {
  return element.attrs;
}
