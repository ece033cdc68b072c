/** Connecting to stream hosts that peers name (XEP-0065 §6.3.1), played byte by byte; and what may not be reached. */
import { afterEach, expect, test } from "@jest/globals";
import { networkInterfaces } from "node:os";
import { Guard } from "../../component/transfer/guard.js";
import { SOCKS_LIMITS, SocksHosts } from "../../component/transfer/socks5/hosts.js";
import { createLog } from "../../component/lib/log.js";
import { FakeClock, settled } from "../harness/fake-clock.js";
import {
  addressOf,
  asking,
  fakeHost,
  MEMBER,
  socksStage,
  type FakeHost,
  type SocksStage,
} from "../harness/socks-stage.js";

const stages: SocksStage[] = [];
const fakes: FakeHost[] = [];
afterEach(async () => {
  await Promise.all([...stages.splice(0), ...fakes.splice(0)].map((one) => one.stop()));
});

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const patience = (): AbortSignal => AbortSignal.timeout(20_000);
const hasIpv6 = Object.values(networkInterfaces()).flat().some((i) => i?.address === "::1"); // prettier-ignore

async function stage(options?: Parameters<typeof socksStage>[0]): Promise<SocksStage> {
  const one = await socksStage(options);
  stages.push(one);
  return one;
}

async function fake(host?: string): Promise<FakeHost> {
  const one = await fakeHost(host);
  fakes.push(one);
  return one;
}

test.each([
  ["the hash again", (a: string) => Buffer.concat([hex("050000 0328"), Buffer.from(a), hex("0000")])],
  ["an IPv4 address", () => hex("050000 01 00000000 0000")],
  ["an IPv6 address", () => hex(`050000 04 ${"00".repeat(16)} 0000`)],
])("a host that answers with %s, byte by byte, with the stream's first bytes behind it", async (_, answer) => {
  const { hosts } = await stage();
  const host = await fake();
  const address = addressOf();
  const dialling = hosts.dial({ host: "127.0.0.1", port: host.port }, address, patience());
  const peer = await host.next();
  expect(await peer.read(3)).toEqual(hex("050100"));
  await peer.sendSlowly(hex("0500"));
  expect(await peer.read(47)).toEqual(asking(address));
  await peer.sendSlowly(Buffer.concat([answer(address), Buffer.from("early")]));
  const stream = await dialling;
  peer.socket.end(" bird");
  const got: Buffer[] = [];
  expect(await stream.receive(100, async (chunk) => void got.push(Buffer.from(chunk)), patience())).toBe(10);
  expect(Buffer.concat(got).toString()).toBe("early bird");
});

test("from one of our hosts to another, both ways", async () => {
  const [near, far] = [await stage(), await stage()];
  const address = addressOf();
  const arrival = new Promise<Awaited<ReturnType<SocksHosts["dial"]>>>((resolve) =>
    far.hosts.expect([address], MEMBER, resolve),
  );
  const ours = await near.hosts.dial({ host: "127.0.0.1", port: far.port }, address, patience());
  const theirs = await arrival;
  const body = Buffer.alloc(5 * 2 ** 20, 7);
  let got = 0;
  const receiving = theirs.receive(body.length, async (chunk) => void (got += chunk.length), patience()).finally(() => theirs.close()); // prettier-ignore
  await ours.write(body);
  await ours.end();
  expect(await receiving).toBe(body.length);
  expect(got).toBe(body.length);
});

test.each([
  ["another protocol", "485454502f312e3120343030"],
  ["a method that we do not have", "0502"],
  ["no method", "05ff"],
])("a host that answers the greeting with %s cannot be reached", async (_, answer) => {
  const { hosts } = await stage();
  const host = await fake();
  const dialling = hosts.dial({ host: "127.0.0.1", port: host.port }, addressOf(), patience());
  const peer = await host.next();
  await peer.read(3);
  peer.send(hex(answer));
  await expect(dialling).rejects.toMatchObject({ code: "stream-unreachable" });
  expect((await peer.rest()).bytes.length).toBe(0);
});

test("a host that refuses, one that leaves, one that resets, and one that is not there, are all the same", async () => {
  const { hosts } = await stage();
  const said: unknown[] = [];
  const dial = (port: number): Promise<unknown> =>
    hosts.dial({ host: "127.0.0.1", port }, addressOf(), patience()).catch((e: unknown) => said.push(e));

  const host = await fake();
  const refused = dial(host.port);
  const refuser = await host.next();
  refuser.send(hex("0500"));
  await refuser.read(50);
  refuser.send(hex("05050001000000000000"));
  await refused;

  const left = dial(host.port);
  (await host.next()).socket.end();
  await left;

  const reset = dial(host.port);
  const resetter = await host.next();
  await resetter.read(3);
  resetter.reset();
  await reset;

  const gone = await fakeHost();
  await gone.stop();
  await dial(gone.port);
  for (const port of [0, -1, 65_536, 1.5, NaN]) await dial(port);

  expect(said).toHaveLength(9);
  for (const one of said) expect(one).toMatchObject({ code: "stream-unreachable", details: {} });
  expect(new Set(said.map((one) => (one as Error).message)).size).toBe(1);
});

test("each of a name's addresses is tried, in turn, for so long and no longer", async () => {
  const host = await fake("127.0.0.1");
  const clock = new FakeClock();
  const hosts = new SocksHosts({
    listen: { host: "127.0.0.1", port: 0 },
    host: "files.example.test",
    guard: new Guard({ allowPrivate: true, ports: [], resolve: async () => ["127.0.0.2", "127.0.0.1", "127.0.0.1"] }),
    clock,
    log: createLog("silent"),
    limits: SOCKS_LIMITS,
  });
  const dialling = hosts.dial({ host: "somewhere.test", port: host.port }, addressOf(), patience());
  const silent = await host.next(); // nobody listens at the first
  await silent.read(3);
  await clock.turn(SOCKS_LIMITS.dial);
  expect((await silent.rest()).bytes.length).toBe(0);
  const last = await host.next();
  await last.read(3);
  last.send(hex("0500"));
  await last.read(47);
  last.send(hex("05000001000000000000"));
  (await dialling).close();
});

test("the signal ends it, with its reason", async () => {
  const { hosts } = await stage();
  const host = await fake();
  const abort = new AbortController();
  const dialling = hosts.dial({ host: "127.0.0.1", port: host.port }, addressOf(), abort.signal);
  const peer = await host.next();
  await peer.read(3);
  const over = new Error("over");
  abort.abort(over);
  await expect(dialling).rejects.toBe(over);
  await peer.rest();
  await expect(hosts.dial({ host: "127.0.0.1", port: host.port }, addressOf(), abort.signal)).rejects.toBe(over);
});

test("what only we can reach is not reached for others", async () => {
  const { hosts } = await stage({ allowPrivate: false });
  const host = await fake();
  let connected = false;
  void host.next().then(
    () => (connected = true),
    () => undefined,
  );
  for (const name of ["127.0.0.1", "::1", "::ffff:127.0.0.1", "0x7f.1", "10.0.0.1", "169.254.169.254", "0.0.0.0"])
    await expect(hosts.dial({ host: name, port: host.port }, addressOf(), patience())).rejects.toMatchObject({
      code: "link-not-allowed",
    });
  await settled();
  expect(connected).toBe(false);
});

test("a name that leads to a private address is one that leads nowhere", async () => {
  const resolve = async (): Promise<string[]> => ["127.0.0.1"];
  const hosts = new SocksHosts({
    listen: { host: "127.0.0.1", port: 0 },
    host: "files.example.test",
    guard: new Guard({ allowPrivate: false, ports: [], resolve }),
    clock: new FakeClock(),
    log: createLog("silent"),
  });
  await expect(hosts.dial({ host: "somewhere.test", port: 25 }, addressOf(), patience())).rejects.toMatchObject({
    code: "link-unreachable",
  });
});

(hasIpv6 ? test : test.skip)("over IPv6", async () => {
  const [near, far] = [await stage(), await stage({ listen: "::" })];
  const address = addressOf();
  const arrival = new Promise<void>((resolve) => far.hosts.expect([address], MEMBER, () => resolve()));
  (await near.hosts.dial({ host: "::1", port: far.port }, address, patience())).close();
  await arrival;
});
