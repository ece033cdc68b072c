/** Component streams against a played server: what the tests of the stream share. */
import { pino } from "pino";
import { type Clock, systemClock } from "../../component/lib/clock.js";
import { StanzaRouter } from "../../component/messenger/router.js";
import { type Element, xml } from "../../component/messenger/stanza.js";
import { ComponentStream, type StreamLimits } from "../../component/messenger/stream.js";
import { ComponentPort, type Peer } from "./component-port.js";

export const DOMAIN = "files.example.org";
const FAST: Partial<StreamLimits> = { pause: 1, longestPause: 4, timeout: 500 };

export class StreamStage {
  /** What was logged. */
  readonly logged: { level: number; msg: string; why?: string }[] = [];
  readonly #streams: ComponentStream[] = [];

  private constructor(public port: ComponentPort) {}

  static async open(): Promise<StreamStage> {
    return new StreamStage(await ComponentPort.listen());
  }

  async close(): Promise<void> {
    await Promise.all([...this.#streams.map((stream) => stream.stop()), this.port.close()]);
  }

  /** A stream that has not been started. */
  make(limits: Partial<StreamLimits> = {}, clock: Clock = systemClock): ComponentStream {
    const log = pino({ level: "trace" }, { write: (line: string) => void this.logged.push(JSON.parse(line) as never) });
    const stream = new ComponentStream({
      domain: DOMAIN,
      server: this.port.url,
      secret: "secret",
      log,
      clock,
      limits: { ...FAST, ...limits },
    });
    this.#streams.push(stream);
    return stream;
  }

  /** A stream that is online, what it gets, and the server's side of it. */
  async online(
    limits: Partial<StreamLimits> = {},
    clock?: Clock,
  ): Promise<{ stream: ComponentStream; peer: Peer; got: Element[] }> {
    const stream = this.make(limits, clock);
    const got: Element[] = [];
    stream.receive({ stanza: (stanza) => void got.push(stanza), refused: () => {} });
    return { stream, peer: await this.#settle(stream), got };
  }

  /** A stream with a router that answers pings and echoes the bodies of messages. */
  async routed(
    limits: Partial<StreamLimits> = {},
  ): Promise<{ stream: ComponentStream; router: StanzaRouter; peer: Peer }> {
    const stream = this.make(limits);
    const router = new StanzaRouter(stream, pino({ level: "silent" }));
    router.iq("get", "urn:xmpp:ping", "ping", () => undefined);
    router.message((message, from, to) => {
      void stream.send(xml("message", { from: to, to: from }, xml("body", {}, message.getChildText("body") ?? "")));
      return true;
    });
    return { stream, router, peer: await this.#settle(stream) };
  }

  async #settle(stream: ComponentStream): Promise<Peer> {
    const [peer] = await Promise.all([this.port.accept(), stream.start()]);
    await peer.waitFor("</iq>"); // its first ping to itself
    return peer;
  }
}

export const pingFrom = (from: string, id: string): string =>
  `<iq type='get' from='${from}' to='${DOMAIN}' id='${id}'><ping xmlns='urn:xmpp:ping'/></iq>`;

export const say = (text: string): Element => xml("message", { from: DOMAIN, to: "a@b" }, xml("body", {}, text));
