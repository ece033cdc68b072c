/** Our own stream host (XEP-0065 §6.3) against peers of every kind, over real sockets. */
import { afterEach, expect, test } from "@jest/globals";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { systemClock } from "../../component/lib/clock.js";
import { bare } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import { Guard } from "../../component/transfer/guard.js";
import { SocksHosts } from "../../component/transfer/socks5/hosts.js";
import { FakeClock, settled } from "../harness/fake-clock.js";
import {
  addressOf,
  arrivalOf,
  asking,
  hello,
  MEMBER,
  socksStage,
  within,
  type RawPeer,
  type SocksStage,
  type SocksStageOptions,
} from "../harness/socks-stage.js";

let stage: SocksStage;
afterEach(() => stage.stop());

const start = async (options?: SocksStageOptions): Promise<SocksStage> => (stage = await socksStage(options));
const CONNECTED = "050000" + "0328";
const NOT_ALLOWED = "0502000100000000" + "0000";
const hasIpv6 = Object.values(networkInterfaces()).flat().some((i) => i?.address === "::1"); // prettier-ignore

/** All that a peer is told after these bytes, with each message of his after the answer to the one before. */
async function told(peer: RawPeer, address: string): Promise<string> {
  peer.send(hello());
  const method = await peer.read(2);
  peer.send(asking(address));
  return Buffer.concat([method, (await peer.rest()).bytes]).toString("hex");
}

/** That a stream can still be had. */
async function stillServes(): Promise<void> {
  const { peer, stream } = await stage.joined();
  peer.send(Buffer.from("hello"));
  const got: string[] = [];
  await stream.receive(5, async (chunk) => void got.push(Buffer.from(chunk).toString()), AbortSignal.timeout(10_000));
  expect(got.join("")).toBe("hello");
  stream.close();
}

test("tells where peers reach it while it listens", async () => {
  await start();
  expect(stage.hosts.own).toEqual([{ host: "files.example.test", port: stage.port }]);
  await stage.hosts.stop();
  expect(stage.hosts.own).toEqual([]);
});

test("a stream that is expected arrives, and the answer repeats its address", async () => {
  await start();
  const [one, other] = [addressOf(), addressOf()];
  const arrived: string[] = [];
  const arrival = new Promise<void>((resolve) =>
    stage.hosts.expect([one, other], MEMBER, (stream, address) => {
      arrived.push(address);
      stream.close();
      resolve();
    }),
  );
  expect(await told(await stage.connect(), other)).toBe(`0500${CONNECTED}${Buffer.from(other).toString("hex")}0000`);
  await within("the arrival", arrival);
  expect(arrived).toEqual([other]);
});

test("one byte at a time, and the stream's first bytes with the request", async () => {
  await start();
  const address = addressOf();
  const arrival = arrivalOf(stage.hosts, address);
  const peer = await stage.connect();
  await peer.sendSlowly(Buffer.concat([hello(), asking(address), Buffer.from("ear")]));
  const stream = await arrival;
  peer.send(Buffer.from("ly"));
  peer.socket.end();
  const got: Buffer[] = [];
  const count = await stream.receive(100, async (c) => void got.push(Buffer.from(c)), AbortSignal.timeout(10_000));
  expect([count, Buffer.concat(got).toString()]).toEqual([5, "early"]);
});

test("everything at once, with more than a handshake's memory behind it", async () => {
  await start();
  const address = addressOf();
  const arrival = arrivalOf(stage.hosts, address);
  const peer = await stage.connect();
  const body = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251));
  peer.send(Buffer.concat([hello(), asking(address), body]));
  const got: Buffer[] = [];
  const stream = await arrival;
  await stream.receive(body.length, async (c) => void got.push(Buffer.from(c)), AbortSignal.timeout(10_000));
  expect(Buffer.concat(got)).toEqual(body);
});

test("whoever names a stream that nobody expects is refused", async () => {
  await start();
  expect(await told(await stage.connect(), addressOf())).toBe(`0500${NOT_ALLOWED}`);
  await stillServes();
});

test("an address is good for one connection, and for none once it is given up", async () => {
  await start();
  const address = addressOf();
  const arrival = arrivalOf(stage.hosts, address);
  const first = await stage.connect();
  first.send(Buffer.concat([hello(), asking(address)]));
  await arrival;
  expect(await told(await stage.connect(), address)).toBe(`0500${NOT_ALLOWED}`);

  const other = addressOf();
  let arrived = false;
  stage.hosts.expect([other], MEMBER, () => (arrived = true))();
  expect(await told(await stage.connect(), other)).toBe(`0500${NOT_ALLOWED}`);
  expect(arrived).toBe(false);
});

test.each([
  ["an open proxy is asked for", "050100 05010001 7f000001 0019", "0500 0508000100000000 0000"],
  ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n").toString("hex"), ""],
  ["a password", "050102", "05ff"],
  ["zeros", "00".repeat(5000), ""],
])("garbage is refused: %s", async (_, bytes, answer) => {
  await start();
  const peer = await stage.connect();
  peer.send(Buffer.from(bytes.replaceAll(" ", ""), "hex"));
  expect((await peer.rest()).bytes.toString("hex")).toBe(answer.replaceAll(" ", ""));
  await stillServes();
});

test("a peer that leaves in the middle, in order or not, leaves nothing behind", async () => {
  await start();
  const [orderly, rude] = [await stage.connect(), await stage.connect()];
  orderly.send(hello().subarray(0, 2));
  orderly.socket.end();
  await orderly.rest();
  rude.send(hello());
  await rude.read(2);
  rude.reset();
  await stillServes();
});

test("a handshake has a time limit, however busy it looks", async () => {
  const clock = new FakeClock();
  await start({ clock });
  const [silent, busy] = [await stage.connect(), await stage.connect()];
  busy.send(hello());
  await busy.read(2);
  for (const byte of asking(addressOf()).subarray(0, 9)) {
    busy.send(Uint8Array.of(byte));
    await clock.turn(999);
  }
  expect(silent.socket.readableEnded || busy.socket.readableEnded).toBe(false);
  await clock.turn(1010);
  expect((await silent.rest()).bytes.length + (await busy.rest()).bytes.length).toBe(0);
});

test("half-open connections: the oldest of an address makes room for its newest", async () => {
  await start({ limits: { halfOpenEach: 3 } });
  const peers: RawPeer[] = [];
  for (let i = 0; i < 5; i++) {
    const peer = await stage.connect();
    peer.send(hello());
    await peer.read(2);
    peers.push(peer);
  }
  await Promise.all(peers.slice(0, 2).map((peer) => peer.rest()));
  expect(peers.slice(2).map(({ socket }) => socket.readableEnded || socket.destroyed)).toEqual([false, false, false]);
  await stillServes();
});

test("half-open connections: the oldest of all makes room too", async () => {
  await start({ limits: { halfOpen: 3 } });
  const peers: RawPeer[] = [];
  for (let i = 0; i < 40; i++) peers.push(await stage.connect());
  await stillServes();
  await Promise.all(peers.slice(0, 37).map((peer) => peer.rest()));
});

test("3,000 connections that say nothing, from everywhere, keep nobody out", async () => {
  await start();
  const flood = new Set<Socket>();
  for (let round = 0; round < 10; round++) {
    const connected = Array.from({ length: 300 }, async (_, i) => {
      const socket = connect({
        port: stage.port,
        host: "127.0.0.1",
        localAddress: `127.${round + 1}.0.${(i % 200) + 1}`,
      });
      flood.add(socket);
      socket.on("error", () => undefined).on("close", () => flood.delete(socket));
      await once(socket, "connect");
    });
    await within("300 connections", Promise.all(connected));
  }
  await stillServes();
  expect(flood.size).toBeGreaterThan(0);
  expect(flood.size).toBeLessThan(2000);
  for (const socket of flood) socket.destroy();
});

test("a member has only so many addresses, and gets them back", async () => {
  await start({ limits: { expectedEach: 3 } });
  const { hosts } = stage;
  const nobody = (): void => undefined;
  const [a, b, c, d] = [addressOf(), addressOf(), addressOf(), addressOf()];
  const giveUp = hosts.expect([a, b], MEMBER, nobody);
  expect(() => hosts.expect([c, d], MEMBER, nobody)).toThrow(expect.objectContaining({ code: "too-many-transfers" }));
  hosts.expect([c], MEMBER, nobody);
  hosts.expect([d], bare("juliet@example.test"), nobody);
  expect(() => hosts.expect([a], bare("juliet@example.test"), nobody)).toThrow(
    expect.objectContaining({ code: "stream-unreachable" }),
  );
  giveUp();
  giveUp();
  hosts.expect([a, b], MEMBER, nobody);
});

test("a stream that arrives while it is being given up is closed", async () => {
  await start();
  const address = addressOf();
  let arrived = false;
  const giveUp = stage.hosts.expect([address], MEMBER, () => (arrived = true));
  const peer = await stage.connect();
  peer.send(Buffer.concat([hello(), asking(address)]));
  // Taken when the request has been read, handed over when the answer has gone: it is given up in between, or before.
  await settled();
  giveUp();
  await peer.rest();
  expect(arrived).toBe(false);
});

test("stopping closes what is half open and what is open", async () => {
  await start();
  const { peer, stream } = await stage.joined();
  const half = await stage.connect();
  half.send(hello());
  await half.read(2);
  const receiving = stream.receive(10, async () => undefined, new AbortController().signal);
  await Promise.all([
    expect(receiving).rejects.toMatchObject({ code: "stream-cut" }),
    stage.hosts.stop(),
    peer.rest(),
    half.rest(),
  ]);
});

test("a port that is taken is said in one line", async () => {
  await start();
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const hosts = new SocksHosts({
    listen: { host: "127.0.0.1", port },
    host: "files.example.test",
    guard: new Guard({ allowPrivate: false, ports: [] }),
    clock: systemClock,
    log: createLog("silent"),
  });
  // With the system's own code: what has one is said in one line by the command line.
  await expect(hosts.start()).rejects.toMatchObject({ code: "EADDRINUSE", message: `[streams] listen: 127.0.0.1:${port} is taken: another program listens there` }); // prettier-ignore
  expect(hosts.own).toEqual([]);
  await hosts.stop();
  server.close();
});

(hasIpv6 ? test : test.skip)("listens on IPv6", async () => {
  await start({ listen: "::" });
  await stillServes();
});
