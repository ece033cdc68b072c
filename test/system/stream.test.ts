/** The component's stream on real servers: online, answers, outlives a restart, says what is wrong. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { pino } from "pino";
import { StanzaRouter } from "../../component/messenger/router.js";
import { type Element, xml } from "../../component/messenger/stanza.js";
import { ComponentStream, type StreamLimits } from "../../component/messenger/stream.js";
import { startEjabberd } from "../harness/ejabberd.js";
import { startProsody } from "../harness/prosody.js";

interface Server {
  readonly component: string;
  readonly secret: string;
  readonly componentPort: number;
  restart(): Promise<void>;
  remove(): Promise<void>;
}

describe.each<[string, () => Promise<Server>]>([
  ["Prosody", () => startProsody()],
  ["ejabberd", () => startEjabberd()],
])("%s", (_, startServer) => {
  let server: Server;
  const streams: ComponentStream[] = [];
  let onLog: (msg: string) => void = () => {};

  beforeAll(async () => void (server = await startServer()), 60_000);
  afterEach(async () => void (await Promise.all(streams.splice(0).map((stream) => stream.stop()))));
  afterAll(() => server.remove());

  function make(secret: string, limits: Partial<StreamLimits> = {}): ComponentStream {
    const stream = new ComponentStream({
      domain: server.component,
      server: `xmpp://127.0.0.1:${server.componentPort}`,
      secret,
      log: pino({ level: "info" }, { write: (line: string) => onLog((JSON.parse(line) as { msg: string }).msg) }),
      limits: { longestPause: 500, ...limits },
    });
    streams.push(stream);
    return stream;
  }

  /** Through the server and back to ourselves. */
  const ping = (stream: ComponentStream): Promise<Element> =>
    stream.request(
      xml(
        "iq",
        { type: "get", from: `a@${stream.domain}`, to: `b@${stream.domain}` },
        xml("ping", { xmlns: "urn:xmpp:ping" }),
      ),
    );

  test("comes online, and a ping is answered through the server, also after a restart", async () => {
    const stream = make(server.secret);
    new StanzaRouter(stream, pino({ level: "silent" })).iq("get", "urn:xmpp:ping", "ping", () => undefined);
    await stream.start();
    expect((await ping(stream)).attrs["from"]).toBe(`b@${stream.domain}`);
    const offline = new Promise<void>((resolve) => stream.onOffline(resolve));
    const back = new Promise<void>((resolve) => stream.onOnline(resolve));
    const restarted = server.restart();
    await offline;
    const waited = ping(stream);
    await restarted;
    await back;
    await waited;
    expect(stream.reconnects).toBe(1);
    const text = "世界 🎻 & < > ]]> \u0000\u0001\u001f\ufffe\ud800".repeat(50);
    await stream.send(xml("message", { from: stream.domain, to: `b@${stream.domain}` }, xml("body", {}, text)));
    await ping(stream);
    expect(stream.online).toBe(true);
  }, 60_000);

  test("our own pings come back, so that silence can be noticed", async () => {
    const stream = make(server.secret, { idle: 5, answer: 5 });
    const got: Element[] = [];
    stream.receive({ stanza: (stanza) => void got.push(stanza), refused: () => {} });
    await stream.start();
    while (stream.stanzasIn < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(got).toEqual([]);
  });

  test("a wrong secret is said clearly", async () => {
    const said = new Promise<string>((resolve) => {
      onLog = (msg) => msg.startsWith("offline: ") && resolve(msg);
    });
    const stream = make("wrong");
    const started = expect(stream.start()).rejects.toEqual(expect.objectContaining({ code: "stopping" }));
    expect(await said).toMatch(/^offline: the secret is wrong: xmpp:.* does not take it for files\.example\.test$/);
    expect(stream.trouble).toMatch(/^the secret is wrong/);
    await stream.stop();
    await started;
  });
});
