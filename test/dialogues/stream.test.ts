/** The component's stream against a server that is played on a loopback port: everything that may come down a wire. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Clock, systemClock } from "../../component/lib/clock.js";
import { type Element, StanzaError, xml } from "../../component/messenger/stanza.js";
import { ComponentPort } from "../harness/component-port.js";
import { DOMAIN, pingFrom, say, StreamStage } from "../harness/stream-stage.js";

let stage: StreamStage;
beforeEach(async () => void (stage = await StreamStage.open()));
afterEach(() => stage.close());

const refusal = (code: string): unknown => expect.objectContaining({ code });

describe("coming online", () => {
  test("listeners are called in the order of registration, each time; start resolves with the first", async () => {
    const stream = stage.make();
    const calls: string[] = [];
    for (const name of ["1", "2"]) {
      stream.onOnline(() => calls.push(`on${name}`));
      stream.onOffline(() => calls.push(`off${name}`));
    }
    const started = stream.start();
    const first = await stage.port.accept();
    await started;
    expect([stream.online, stream.reconnects, calls.join()]).toEqual([true, 0, "on1,on2"]);
    const back = new Promise<void>((resolve) => stream.onOnline(resolve));
    first.socket.destroy();
    await stage.port.accept();
    await back;
    expect([stream.online, stream.reconnects, calls.join()]).toEqual([true, 1, "on1,on2,off1,off2,on1,on2"]);
  });

  test("stanzas in the same read as the handshake are not lost", async () => {
    const stream = stage.make();
    const got = new Promise<Element>((resolve) => stream.receive({ stanza: resolve, refused: () => {} }));
    void stream.start();
    const peer = await stage.port.next();
    await peer.open();
    await peer.waitFor("</handshake>");
    peer.write("<handshake/><presence from='a@b/c' to='bot@files.example.org'/>");
    expect((await got).attrs["from"]).toBe("a@b/c");
  });

  test.each([
    ["not-authorized", /^offline: the secret is wrong: xmpp:.* does not take it for files\.example\.org$/],
    ["conflict", /^offline: files\.example\.org is connected to .* already/],
    ["host-unknown", /knows no component files\.example\.org/],
    ["see-other-host", /see-other-host/],
  ])("%s: said clearly, and tried again", async (condition, sentence) => {
    const stream = stage.make();
    const started = stream.start();
    for (let n = 0; n < 3; n++) {
      const peer = await stage.port.next();
      await peer.open();
      await peer.waitFor("</handshake>");
      peer.write(
        `<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>`,
      );
      await peer.closed;
    }
    expect(stage.logged.filter((line) => line.level === 50).map((line) => line.msg)).toContainEqual(
      expect.stringMatching(sentence),
    );
    expect(JSON.stringify(stage.logged)).not.toContain('"secret"');
    await Promise.all([stage.port.accept(), started]);
    expect(stream.trouble).toBe("");
  });

  test("whoever answers nonsense, or nothing, or hangs up, is tried again", async () => {
    const stream = stage.make({ timeout: 50 });
    const started = stream.start();
    (await stage.port.next()).write("HTTP/1.1 400 Bad Request\r\n\r\n");
    (await stage.port.next()).write("<html>");
    (await stage.port.next()).socket.destroy();
    (await stage.port.next()).socket.end();
    await (
      await stage.port.next()
    ).closed; // says nothing
    const silent = await stage.port.next();
    await silent.open(); // says nothing after its header
    await silent.closed;
    await Promise.all([stage.port.accept(), started]);
  });

  test("nobody listens: tried again until somebody does", async () => {
    const where = stage.port.port;
    const stream = stage.make();
    await stage.port.close();
    const started = stream.start();
    stage.port = await ComponentPort.listen(where);
    await Promise.all([stage.port.accept(), started]);
    expect(stream.online).toBe(true);
  });

  test("pauses double up to their limit, with jitter", async () => {
    const pauses: number[] = [];
    const clock: Clock = { now: () => Date.now(), after: (ms, what) => (pauses.push(ms), systemClock.after(0, what)) };
    const stream = stage.make({ pause: 200, longestPause: 30_000 }, clock);
    const started = stream.start().catch(() => {});
    for (let n = 0; n < 12; n++) (await stage.port.next()).socket.destroy();
    await stream.stop();
    await started;
    for (const [n, ms] of pauses.slice(0, 10).entries()) {
      const most = Math.min(30_000, 200 * 2 ** (n + 1));
      expect(ms).toBeGreaterThanOrEqual(most / 2);
      expect(ms).toBeLessThanOrEqual(most);
    }
    expect(new Set(pauses.slice(0, 10).map((ms, n) => ms / Math.min(30_000, 200 * 2 ** (n + 1)))).size).toBeGreaterThan(
      5,
    );
  });
});

describe("what comes in", () => {
  test("a stanza cut at every byte", async () => {
    const { peer } = await stage.routed();
    const bytes = Buffer.from("<message from='a@b/c' to='files.example.org'><body>Grüße 世界 🎻</body></message>");
    for (const byte of bytes) {
      peer.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    await peer.waitFor("<body>Grüße 世界 🎻</body>");
  });

  test.each([
    ["an unknown entity", "<message><body>&nbsp;</body></message>", "not-well-formed"],
    ["a reference to no character", "<message><body>&#0;</body></message>", "not-well-formed"],
    ["a bare ampersand", "<message><body>a & b</body></message>", "not-well-formed"],
    ["a control character", "<message><body>\u0001</body></message>", "not-well-formed"],
    ["an attribute twice", "<message a='1' a='2'/>", "not-well-formed"],
    ["an unquoted attribute", "<message a=1/>", "not-well-formed"],
    ["bytes that are no UTF-8", Buffer.from([0x3c, 0x61, 0x3e, 0xff]), "bad-format"],
    ["a comment", "<!-- -->", "restricted-xml"],
    ["a processing instruction", "<?a b?>", "restricted-xml"],
    ["far too much", `<message><body>${"x".repeat(5 * 2 ** 20)}`, "policy-violation"],
  ])("%s ends the stream with an error, and another one follows", async (_, bytes, condition) => {
    const { stream, peer } = await stage.routed();
    peer.write(bytes);
    await peer.waitFor(
      `<stream:error><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error></stream:stream>`,
    );
    peer.socket.end();
    const again = await stage.port.accept();
    again.write(pingFrom("a@example.org/b", "7"));
    await again.waitFor('id="7"');
    expect(stream.reconnects).toBe(1);
  });

  test("the server closes the stream: answered, and another one follows", async () => {
    const { peer } = await stage.routed();
    peer.write("</stream:stream>");
    await peer.waitFor("</stream:stream>");
    await peer.closed;
    await stage.port.accept();
  });

  test("a stanza too large is answered, and the stream goes on", async () => {
    const { peer, stream } = await stage.routed({ stanza: { size: 10_000, depth: 10, attributes: 10, elements: 100 } });
    const large = "x".repeat(20_000);
    peer.write(`<iq type='set' from='a@b/c' to='files.example.org' id='1'><q xmlns='u'>${large}</q></iq>`);
    expect(
      (
        await peer.waitFor(/<iq type="error" from="(.*?)" to="(.*?)" id="1"><error type="modify"><policy-violation/)
      ).slice(1),
    ).toEqual([DOMAIN, "a@b/c"]);
    peer.write(`<message from='a@b/c' to='files.example.org' id='2'><body>${large}</body></message>`);
    await peer.waitFor(/<message type="error" [^>]*id="2"><error type="modify"><policy-violation/);
    const deep = "<a>".repeat(1000) + "</a>".repeat(1000);
    peer.write(`<iq type='get' from='a@b/c' to='files.example.org' id='3'>${deep}</iq>`);
    await peer.waitFor(/<iq type="error" [^>]*id="3"><error type="modify"><policy-violation/);
    peer.write(`<message type='error' from='a@b/c' to='files.example.org' id='4'><body>${large}</body></message>`);
    peer.write(`<presence from='a@b/c' to='files.example.org' id='5'><status>${large}</status></presence>`);
    peer.write(pingFrom("a@b", "6"));
    expect((await peer.waitFor(/^.*?id="6"/s))[0]).not.toMatch(/id="[45]"/);
    expect(stream.online).toBe(true);
  });

  test("100,000 elements within each other", async () => {
    const { peer, stream } = await stage.routed();
    peer.write(
      `<iq type='get' from='a@b/c' to='files.example.org' id='1'>${"<a>".repeat(1e5)}${"</a>".repeat(1e5)}</iq>`,
    );
    await peer.waitFor(/<iq type="error" [^>]*id="1"><error type="modify"><policy-violation/);
    expect(stream.reconnects).toBe(0);
  });

  test("a handler that throws, at once or later, costs nobody anything", async () => {
    const { peer, router } = await stage.routed();
    router.iq("get", "u", "now", () => {
      throw new Error("a secret detail");
    });
    router.iq("get", "u", "later", async () => {
      await Promise.resolve();
      throw new Error("a secret detail");
    });
    router.presence(() => {
      throw new Error("presence");
    });
    peer.write("<presence from='a@b/c' to='files.example.org'/>");
    for (const name of ["now", "later"]) {
      peer.write(`<iq type='get' from='a@b/c' to='files.example.org' id='${name}'><${name} xmlns='u'/></iq>`);
      const [answer] = await peer.waitFor(new RegExp(`<iq type="error" [^>]*id="${name}">.*?</iq>`));
      expect(answer).toContain("<internal-server-error ");
      expect(answer).not.toContain("secret");
    }
    peer.write(pingFrom("a@example.org/b", "9"));
    await peer.waitFor('id="9"');
  });

  test("a receiver or listener that throws is logged", async () => {
    const stream = stage.make();
    stream.receive({
      stanza: () => {
        throw new Error("receiver");
      },
      refused: () => {},
    });
    let called = false;
    stream.onOnline(() => {
      throw new Error("listener");
    });
    stream.onOnline(() => (called = true));
    const [peer] = await Promise.all([stage.port.accept(), stream.start()]);
    peer.write(pingFrom("a@example.org/b", "1"));
    await stream.send(say("still here"));
    await peer.waitFor("still here");
    expect(called).toBe(true);
    expect(stage.logged.filter((line) => line.msg === "a handler failed").length).toBeGreaterThanOrEqual(1);
  });
});

describe("requests", () => {
  const ask = (to: string): Element => xml("iq", { type: "get", from: DOMAIN, to }, xml("query", { xmlns: "u" }));

  test("only the one who was asked can answer, and only once; ids cannot be guessed", async () => {
    const { stream, peer, got } = await stage.online();
    const ids: string[] = [];
    for (let n = 0; n < 20; n++) {
      const answer = stream.request(ask("Romeo@Example.org/Home"));
      const [, id] = await peer.waitFor(/id="([^"]*)"><query xmlns="u"\/><\/iq>/);
      ids.push(id!);
      const reply = (from: string, text: string, type = "result"): string =>
        `<iq type='${type}' from='${from}' to='${DOMAIN}' id='${id}'><query xmlns='u'>${text}</query></iq>`;
      peer.write(
        reply("mallory@example.org/Home", "forged") +
          reply("romeo@example.org", "bare") +
          reply("romeo@example.org/home", "other"),
      );
      peer.write(reply("mallory@example.org/Home", "forged", "error"));
      peer.write(`<iq type='result' to='${DOMAIN}' id='${id}'/>`);
      peer.write(reply("romeo@example.org/Home", "right") + reply("romeo@example.org/Home", "second"));
      expect((await answer).getChildText("query")).toBe("right");
    }
    expect(new Set(ids).size).toBe(20);
    for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/);
    expect(got).toEqual([]);
  });

  test("an error is a StanzaError", async () => {
    const { stream, peer } = await stage.online();
    const answer = stream.request(ask("example.org"));
    const [, id] = await peer.waitFor(/id="([^"]*)"><query/);
    peer.write(
      `<iq type='error' from='example.org' to='${DOMAIN}' id='${id}'><query xmlns='u'/><error type='auth'><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>No.</text><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
    );
    await expect(answer).rejects.toEqual(
      expect.objectContaining({ condition: "forbidden", type: "auth", message: "No." }),
    );
    await expect(answer).rejects.toBeInstanceOf(StanzaError);
  });

  test("an answer too large is an error", async () => {
    const { stream, peer } = await stage.online({ stanza: { size: 1000, depth: 10, attributes: 10, elements: 100 } });
    const answer = stream.request(ask("example.org"));
    const [, id] = await peer.waitFor(/id="([^"]*)"><query/);
    peer.write(`<iq type='result' from='example.org' to='${DOMAIN}' id='${id}'><q>${"x".repeat(2000)}</q></iq>`);
    await expect(answer).rejects.toEqual(expect.objectContaining({ condition: "policy-violation" }));
  });

  test("each ends: by time, by signal, with the stream, when we stop", async () => {
    const { stream, peer } = await stage.online();
    await expect(stream.request(ask("a@b"), { timeout: 5 })).rejects.toEqual(refusal("offline"));
    const controller = new AbortController();
    const aborted = stream.request(ask("a@b"), { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await expect(stream.request(ask("a@b"), { signal: controller.signal })).rejects.toThrow("enough");
    await expect(stream.request(ask("not an address@@"))).rejects.toBeInstanceOf(TypeError);
    const lost = stream.request(ask("a@b"));
    peer.socket.destroy();
    await expect(lost).rejects.toEqual(refusal("offline"));
    const [again] = await Promise.all([stage.port.accept(), new Promise<void>((resolve) => stream.onOnline(resolve))]);
    const stopped = stream.request(ask("a@b"));
    void again.waitFor("</stream:stream>").then(() => again.socket.end("</stream:stream>"));
    const check = expect(stopped).rejects.toEqual(refusal("stopping"));
    await stream.stop();
    await check;
    await expect(stream.request(ask("a@b"))).rejects.toEqual(refusal("stopping"));
  });
});

describe("what goes out", () => {
  test("while it is down things wait, keep their order, and are limited in number and time", async () => {
    const stream = stage.make({ waiting: 3, patience: 10_000 });
    const sent = ["1", "2", "3"].map((text) => stream.send(say(text)));
    await expect(stream.send(say("4"))).rejects.toEqual(refusal("offline"));
    const [peer] = await Promise.all([stage.port.accept(), stream.start()]);
    await Promise.all(sent);
    expect((await peer.waitFor(/^.*3<\/body>/s))[0]!.match(/<body>\d/g)).toEqual(["<body>1", "<body>2", "<body>3"]);
    const impatient = stage.make({ waiting: 10, patience: 5 });
    await expect(impatient.send(say("never"))).rejects.toEqual(refusal("offline"));
  });

  test("a rejection that nobody hears is no error; a stanza that must not be sent is one", async () => {
    const { stream } = await stage.online();
    await expect(stream.send(xml("message", { to: "a@b" }))).rejects.toBeInstanceOf(TypeError);
    await expect(stream.send(say("x".repeat(600_000)))).rejects.toBeInstanceOf(TypeError);
    await expect(stream.send(say("世".repeat(200_000)))).rejects.toBeInstanceOf(TypeError);
    expect(stage.logged.filter((line) => line.msg === "stanza not sent")).toHaveLength(3);
    await stream.stop();
    void stream.send(say("nobody hears"));
    await expect(stream.send(say("late"))).rejects.toEqual(refusal("stopping"));
  });

  test("no text breaks the stream", async () => {
    const { stream, peer } = await stage.online();
    const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).join("");
    await stream.send(say(`${all}</body></message></stream:stream>`));
    await stream.send(say("after"));
    await peer.waitFor("<body>after</body>");
    expect(stream.online).toBe(true);
  });
});
