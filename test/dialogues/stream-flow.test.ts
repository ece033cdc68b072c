/** Back-pressure, acknowledgements, keep-alive and the end of the component's stream, against a played server. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { ComponentStream } from "../../component/messenger/stream.js";
import type { Element } from "../../component/messenger/stanza.js";
import { FakeClock, settled } from "../harness/fake-clock.js";
import type { Peer } from "../harness/component-port.js";
import { DOMAIN, pingFrom, say, StreamStage } from "../harness/stream-stage.js";

let stage: StreamStage;
beforeEach(async () => void (stage = await StreamStage.open()));
afterEach(() => stage.close());

/** Resolves when the stanza with this id has come to the receiver. */
function arrived(stream: ComponentStream, got: Element[], id: string): Promise<void> {
  return new Promise((resolve) => {
    stream.receive({
      stanza: (stanza) => {
        got.push(stanza);
        if (stanza.attrs["id"] === id) resolve();
      },
      refused: () => {},
    });
  });
}

/** Sends until the kernel takes no more: answers how many sends are open. */
async function fill(stream: ComponentStream): Promise<{ sent: number; settled: number[] }> {
  const state = { sent: 0, settled: [] as number[] };
  while (state.sent - state.settled.length < 3) {
    const n = state.sent++;
    void stream.send(say("y".repeat(400_000))).then(
      () => state.settled.push(n),
      () => {},
    );
    await settled();
    await settled();
  }
  return state;
}

const presences = (count: number): string =>
  Array.from({ length: count }, (_, n) => `<presence from='a@b/${n}' to='${DOMAIN}'/>`).join("");

test("while the socket is full send waits and what comes in is kept, then not read; all goes on when there is room", async () => {
  const { stream, peer, got } = await stage.online({ inbox: 100_000, unsent: 2 ** 30 });
  peer.socket.pause();
  const outgoing = await fill(stream);
  // Much more than the inbox and the kernel hold.
  const last = arrived(stream, got, "last");
  for (let n = 0; n < 150; n++) peer.write(presences(2000));
  peer.write(pingFrom("a@b", "last"));
  await settled();
  expect(got).toEqual([]);
  expect(outgoing.settled.length).toBeLessThan(outgoing.sent);
  expect(peer.socket.writableLength).toBeGreaterThan(2 ** 20);
  peer.socket.resume();
  await last;
  expect(got.length).toBe(300_001);
  expect(got.every((stanza, n) => n === 300_000 || stanza.attrs["from"] === `a@b/${n % 2000}`)).toBe(true);
  expect(outgoing.settled).toEqual(Array.from({ length: outgoing.sent }, (_, n) => n));
});

test("a server that takes nothing for too long is given up; what it did not take is rejected", async () => {
  const clock = new FakeClock();
  const { stream, peer } = await stage.online({ unsent: 2 ** 30, stall: 1000 }, clock);
  peer.socket.pause();
  const { sent, settled: taken } = await fill(stream);
  const lost = expect(stream.send(say("late"))).rejects.toEqual(expect.objectContaining({ code: "offline" }));
  await clock.turn(1000);
  await lost;
  expect(taken.length).toBeLessThan(sent);
  await clock.turn(1000);
  await stage.port.accept();
});

test("what is held back comes later, in order; answers to requests pass by", async () => {
  const { stream, peer, got } = await stage.online();
  const release = stream.hold();
  const again = stream.hold();
  const answer = stream.request(say("x"));
  const [, id] = await peer.waitFor(/id="([^"]*)"><body>x/);
  peer.write(`${presences(3)}<iq type='result' from='a@b' to='${DOMAIN}' id='${id}'/>`);
  expect((await answer).attrs["id"]).toBe(id);
  release();
  release();
  expect(got).toEqual([]);
  again();
  expect(got.map((stanza) => stanza.attrs["from"] as string)).toEqual(["a@b/0", "a@b/1", "a@b/2"]);
});

test("a read that is answered with nothing is answered with one space, any other with nothing more", async () => {
  const { peer } = await stage.routed();
  const spaces = peer.text;
  peer.write("<presence from='a@b/c' to='files.example.org'/>");
  await peer.waitFor(" ");
  peer.write("<message from='a@b/c' to='files.example.org'><bo"); // cut: a space too, the rest may wait for it
  await peer.waitFor(" ");
  expect(peer.text).toBe("");
  peer.write("dy>1</body></message>");
  await peer.waitFor('<message from="files.example.org" to="a@b/c"><body>1</body></message>');
  peer.write(" \n "); // the server's own keep-alive
  peer.write(pingFrom("a@b", "1"));
  await peer.waitFor('<iq type="result" from="files.example.org" to="a@b" id="1"/>');
  await settled();
  expect(spaces.trim()).toBe("");
  expect(peer.text).toBe("");
});

test("sends of one turn leave as one write", async () => {
  const { peer } = await stage.routed();
  let reads = 0;
  peer.socket.on("data", () => reads++);
  peer.write(Array.from({ length: 100 }, (_, n) => pingFrom("a@b", `p${n}`)).join(""));
  await peer.waitFor('id="p99"/>');
  expect(reads).toBeLessThan(5);
});

const PING =
  /<iq type="get" from="files\.example\.org" to="files\.example\.org" id="([^"]*)"><ping xmlns="urn:xmpp:ping"\/><\/iq>/;

async function pinged(peer: Peer): Promise<string> {
  return (await peer.waitFor(PING))[1]!;
}

describe("what is told once", () => {
  const back = (id: string): string => `<iq type='get' from='${DOMAIN}' to='${DOMAIN}' id='${id}'><ping xmlns='urn:xmpp:ping'/></iq>`; // prettier-ignore

  test("is delivered when a ping has come back behind it, one for all who wait", async () => {
    const { stream, peer, got } = await stage.online();
    const done: string[] = [];
    const tell = (text: string): Promise<void> => stream.deliver(say(text)).then(() => void done.push(text));
    const first = tell("first");
    await peer.waitFor("first");
    const id = await pinged(peer);
    const others = [tell("second"), tell("third")];
    await peer.waitFor("third");
    expect(done).toEqual([]);
    peer.write(back(id));
    await first;
    expect(done).toEqual(["first"]);
    peer.write(back(id) + back(await pinged(peer)));
    await Promise.all(others);
    expect(peer.text).not.toMatch(PING);
    // One that is not ours, or comes a second time, is somebody's question.
    expect(got.map((stanza) => stanza.attrs["id"] as string)).toEqual([id]);
  });

  test("is not when the connection ends, whatever the socket has taken", async () => {
    const { stream, peer } = await stage.online();
    const told = stream.deliver(say("lost"));
    await peer.waitFor("lost");
    peer.socket.destroy();
    await expect(told).rejects.toMatchObject({ code: "offline" });
  });

  test("is not believed to be when a ping does not come back that did before: the connection may be dead", async () => {
    const clock = new FakeClock();
    const { stream, peer } = await stage.online({}, clock);
    const first = stream.deliver(say("first"));
    peer.write(back(await pinged(peer)));
    await first;
    let isTold = false;
    const told = stream.deliver(say("second")).then(() => void (isTold = true));
    await pinged(peer);
    await clock.turn(20_000);
    expect(isTold).toBe(false);
    peer.socket.destroy();
    await expect(told).rejects.toMatchObject({ code: "offline" });
  });

  test("is believed to be where pings to ourselves do not come back", async () => {
    const clock = new FakeClock();
    const { stream, peer } = await stage.online({}, clock);
    const told = stream.deliver(say("somewhere"));
    await pinged(peer);
    await clock.turn(5_000);
    await told;
    // From then on nobody waits.
    await stream.deliver(say("anywhere"));
    await peer.waitFor("anywhere");
    expect(peer.text).not.toMatch(PING);
  });
});

test("a server that falls silent is noticed and left", async () => {
  const clock = new FakeClock();
  const stream = stage.make({ idle: 20_000, answer: 15_000 }, clock);
  const got: Element[] = [];
  const [peer] = await Promise.all([stage.port.accept(), stream.start()]);
  const echo = async (): Promise<void> => {
    peer.write(
      `<iq type='get' from='${DOMAIN}' to='${DOMAIN}' id='${await pinged(peer)}'><ping xmlns='urn:xmpp:ping'/></iq>`,
    );
    const seen = arrived(stream, got, "seen");
    peer.write(pingFrom("a@b", "seen"));
    await seen;
  };
  await echo();
  await clock.turn(15_000);
  await clock.turn(20_000);
  await echo();
  await clock.turn(15_000);
  await clock.turn(20_000);
  await pinged(peer);
  expect(stream.online).toBe(true);
  await clock.turn(15_000);
  await peer.closed;
  expect(got.map((stanza) => stanza.attrs["id"] as string)).toEqual(["seen", "seen"]);
  const back = stage.port.accept();
  await clock.turn(1000);
  await back;
});

test("where pings to ourselves do not come back, silence proves nothing", async () => {
  const clock = new FakeClock();
  const { stream, peer, got } = await stage.online({ idle: 20_000, answer: 15_000 }, clock);
  for (let n = 0; n < 3; n++) {
    await clock.turn(35_000);
    await pinged(peer);
  }
  const last = arrived(stream, got, "1");
  peer.write(pingFrom("a@b", "1"));
  await last;
  expect(stream.reconnects).toBe(0);
});

test("stopping sends what was given, then says goodbye, and nothing after it", async () => {
  const { stream, peer } = await stage.online();
  void stream.send(say("last words"));
  const stopped = stream.stop();
  await peer.waitFor("<body>last words</body></message></stream:stream>");
  peer.write("<presence from='a@b/c' to='files.example.org'/></stream:stream>");
  await stopped;
  await peer.closed;
  expect(peer.text).toBe("");
  expect(stream.online).toBe(false);
});

test("stopping ends within its limit when the server does not answer, and at once while connecting", async () => {
  const { stream } = await stage.online({ timeout: 20 });
  await stream.stop();
  const never = stage.make({ timeout: 60_000 });
  const started = expect(never.start()).rejects.toEqual(expect.objectContaining({ code: "stopping" }));
  await (await stage.port.next()).open();
  await never.stop();
  await started;
  await stage.make().stop();
});

test("counts what passes", async () => {
  const { stream, peer, got } = await stage.online();
  const last = arrived(stream, got, "1");
  const [before, sent] = [stream.stanzasIn, stream.stanzasOut];
  peer.write(presences(2) + pingFrom("a@b", "1"));
  await Promise.all([last, stream.send(say("1"))]);
  expect([stream.stanzasIn - before, stream.stanzasOut - sent]).toEqual([3, 1]);
});
