/** Stream hosts and peers that mean ill, against the program itself: our own SOCKS5 port, and the hosts that others would have us dial. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { accepted, connected, hostIn, says, sendByJingle, speaksJingle } from "../harness/clients/jingle-peer.js";
import * as words from "../harness/clients/stream-words.js";
import { answerTo, goodBye, heard } from "../harness/clients/stream-words.js";
import { xml, type Element } from "../harness/clients/xmppjs.js";
import { openHostileOffice, type HostileOffice, type Person } from "../harness/hostile-office.js";
import { vitals } from "../harness/vitals.js";

const NOT_ALLOWED = 2;

/** Takes connections and counts them, by port. */
class Listeners {
  readonly connections = new Map<number, number>();
  readonly #servers: Server[] = [];

  async listen(count: number): Promise<number[]> {
    const ports: number[] = [];
    for (let i = 0; i < count; i++) {
      const server = createServer((socket) => {
        const { port } = server.address() as AddressInfo;
        this.connections.set(port, (this.connections.get(port) ?? 0) + 1);
        socket.destroy();
      }).listen(0);
      await once(server, "listening");
      this.#servers.push(server);
      ports.push((server.address() as AddressInfo).port);
    }
    return ports;
  }

  close(): void {
    for (const server of this.#servers) server.close();
  }
}

/** What both offices have: Romeo, who means ill, and Mercutio, who does not. */
class Stage {
  readonly listeners = new Listeners();
  office!: HostileOffice;
  bot!: string;
  romeo!: Person;
  mercutio!: Person;
  #count = 0;

  async open(allowPrivate: boolean): Promise<void> {
    this.office = await openHostileOffice(() => ({ config: { limits: { commands: 10_000 }, streams: { allow_private: allowPrivate } } })); // prettier-ignore
    this.bot = `${this.office.bot}/restante`;
    this.romeo = await this.office.person("romeo");
    this.mercutio = await this.office.person("mercutio");
    for (const user of [this.romeo, this.mercutio]) speaksJingle(user);
  }

  /** Mercutio's transfer to our own host succeeds. */
  async honest(): Promise<void> {
    const name = `honest-${++this.#count}.bin`;
    await sendByJingle(this.mercutio, this.bot, name, randomBytes(100_000));
    const said = (await this.mercutio.waitMessage(this.office.bot, new RegExp(`I keep ${name}`))).getChildText("body")!;
    await this.mercutio.ask(`del ${/as number (\d+)/.exec(said)![1]}`, /^Deleted/);
  }

  async serves(): Promise<void> {
    await this.office.serves();
    await this.honest();
  }

  /** Offers a file by Jingle over SOCKS5. */
  async offer(sid: string, ...candidates: Element[]): Promise<Element> {
    return accepted(this.romeo, this.bot, sid, words.description(`${sid}.bin`, 1000), words.socksTransport(sid, ...candidates)); // prettier-ignore
  }

  /** What is said of candidates that Romeo names. */
  async verdict(sid: string): Promise<string> {
    const said = await heard(this.romeo, "transport-info", sid, 30_000);
    const transport = said.getChild("jingle")!.getChild("content")!.getChild("transport")!;
    return transport.getChildElements().map((child) => child.getName()).join(" "); // prettier-ignore
  }

  /** An accepted stream initiation; answers its sid. */
  async initiated(): Promise<string> {
    const sid = randomUUID();
    expect(await answerTo(this.romeo, this.bot, words.siOffer(sid, { name: "si.bin", size: "1000" }, words.BYTESTREAMS))).toBe("ok"); // prettier-ignore
    return sid;
  }

  /** Ends what `initiated` has begun. */
  async end(sid: string): Promise<void> {
    await answerTo(this.romeo, this.bot, words.open(sid));
    await answerTo(this.romeo, this.bot, words.close(sid));
    await this.romeo.waitMessage(this.office.bot, /si\.bin.*cut/);
  }

  async close(): Promise<void> {
    this.listeners.close();
    await this.office?.close();
  }
}

describe("our own host", () => {
  const stage = new Stage();
  let port: number;
  beforeAll(async () => {
    await stage.open(true);
    const sid = randomUUID();
    port = hostIn(await stage.offer(sid)).port;
    await answerTo(stage.romeo, stage.bot, words.terminate(sid, "cancel"));
  }, 60_000);
  afterEach(() => stage.serves());
  afterAll(() => stage.close());

  const request = (command: number, type: number, ...rest: number[]): number[] => [5, 1, 0, 5, command, 0, type, ...rest]; // prettier-ignore
  const name = (text: string, last = 0): number[] => [text.length, ...Buffer.from(text), 0, last];
  const some = "0123456789".repeat(4);
  // what it is, the bytes, those of the answer
  const GARBAGE: readonly (readonly [string, Uint8Array | readonly number[] | string, readonly number[]])[] = [
    ["HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", []],
    ["SOCKS4", [4, 1, 0, 80, 127, 0, 0, 1, 0], []],
    ["only a password will do", [5, 1, 2], [5, 255]],
    ["BIND", request(2, 3, ...name(some)), [5, 0, 5, 7]],
    ["UDP", request(3, 3, ...name(some)), [5, 0, 5, 7]],
    ["an address to be connected to", request(1, 1, 127, 0, 0, 1, 0, 80), [5, 0, 5, 8]],
    ["an address of IPv6", request(1, 4, ...Array<number>(16).fill(0), 0, 80), [5, 0, 5, 8]],
    ["a name to be connected to", request(1, 3, ...name("localhost", 80)), [5, 0, 5, 2]],
    ["a stream that nobody expects", request(1, 3, ...name(some)), [5, 0, 5, 2]],
    ["a hash with a port", request(1, 3, ...name(some, 80)), [5, 0, 5, 2]],
    ["an address of no kind", request(1, 9, 0, 0, 0), [5, 0, 5, 8]],
    ["noise", new Uint8Array(100_000).fill(255), []],
  ];
  test.each(GARBAGE)("%s", async (_, bytes, answer) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("error", () => undefined); // bytes that it does not want to read reset the connection
    const got: Buffer[] = [];
    socket.on("data", (piece: Buffer) => got.push(piece));
    socket.write(typeof bytes === "string" ? bytes : Uint8Array.from(bytes));
    await words.closed(socket);
    expect([...Buffer.concat(got).subarray(0, answer.length)]).toEqual(answer);
    if (answer.length === 0) expect(got).toEqual([]);
  });

  test("the same address twice: the first has it", async () => {
    const sid = randomUUID();
    const answer = await stage.offer(sid);
    const { address } = hostIn(answer);
    const socket = await connected(stage.romeo, stage.bot, sid, answer);
    expect((await words.join(port, address)).verdict).toBe(NOT_ALLOWED);
    socket.end(randomBytes(1000));
    expect(await goodBye(stage.romeo, sid)).toBe("success");
    expect((await words.join(port, address)).verdict).toBe(NOT_ALLOWED);
    await stage.romeo.ask("del 1", /^Deleted/);
  });

  test("two sessions with one stream's name: each gets its own file or none", async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    const offer = (sid: string): Promise<Element> => accepted(stage.romeo, stage.bot, sid, words.description(`${sid}.bin`, 1000), words.socksTransport("same")); // prettier-ignore
    const answer = await offer(first);
    const again = (await offer(second)).getChild("transport")!;
    expect(again.getChildren("candidate").filter(({ attrs }) => attrs["type"] === "direct")).toEqual([]);
    const bytes = randomBytes(1000);
    (await connected(stage.romeo, stage.bot, first, answer)).end(bytes);
    expect(await goodBye(stage.romeo, first)).toBe("success");
    await answerTo(stage.romeo, stage.bot, words.terminate(second, "cancel"));
    await stage.romeo.ask("del 2", /^Deleted/);
  });

  test("who has given up may come no more", async () => {
    const sid = randomUUID();
    const { address } = hostIn(await stage.offer(sid));
    await answerTo(stage.romeo, stage.bot, words.terminate(sid, "cancel"));
    expect((await words.join(port, address)).verdict).toBe(NOT_ALLOWED);
  });

  test("ten thousand connections that say hello and no more", async () => {
    const { pid } = stage.office.restante.process;
    const before = await vitals(pid);
    const WAVES = 20;
    let most = 0;
    for (let wave = 0; wave < WAVES; wave++) {
      const sockets: Socket[] = [];
      const waiting = Array.from({ length: 500 }, async (_, i) => {
        const localAddress = i % 2 === 0 ? "127.0.0.1" : `127.0.${wave}.${i % 250}`;
        const socket = connect({ host: "127.0.0.1", port, localAddress });
        socket.on("error", () => undefined);
        sockets.push(socket);
        await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
        if (i % 3 > 0) socket.write(i % 3 === 1 ? Uint8Array.of(5) : Uint8Array.of(5, 1, 0));
      });
      await Promise.all(waiting);
      if (wave % 5 === 0) await stage.honest();
      most = Math.max(most, (await vitals(pid)).descriptors);
      for (const socket of sockets) socket.destroy();
    }
    await stage.honest();
    expect(most - before.descriptors).toBeLessThan(700);
  }, 60_000);

  test("nothing of it stays", async () => {
    const { rss, descriptors } = await stage.office.growth();
    expect(descriptors).toBeLessThan(10);
    expect(rss / 2 ** 20).toBeLessThan(120);
  });
});

describe("hosts that lead inside, where we may not go", () => {
  const stage = new Stage();
  let port: number;
  beforeAll(async () => {
    await stage.open(false);
    [port] = (await stage.listeners.listen(1)) as [number];
  }, 60_000);
  afterEach(() => stage.serves());
  afterAll(() => stage.close());

  const INSIDE = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2130706433", "0x7f.1", "0.0.0.0", "::", "10.0.0.1", "192.168.0.1", "172.16.0.1", "100.64.0.1", "169.254.169.254", "fd00::1", "fe80::1", "224.0.0.1"]; // prettier-ignore

  test("by stream initiation", async () => {
    for (const host of INSIDE) {
      const sid = await stage.initiated();
      expect(await answerTo(stage.romeo, stage.bot, words.hosts(sid, stage.romeo.jid, [[host, port]]))).toBe("cancel item-not-found"); // prettier-ignore
      await stage.end(sid);
    }
    expect(stage.listeners.connections.size).toBe(0);
  }, 30_000);

  test("by Jingle", async () => {
    for (const [i, host] of INSIDE.entries()) {
      const sid = randomUUID();
      await stage.offer(sid, words.candidate(stage.romeo.jid, host, port, i));
      expect(await stage.verdict(sid)).toBe("candidate-error");
      await answerTo(stage.romeo, stage.bot, words.terminate(sid, "cancel"));
    }
    expect(stage.listeners.connections.size).toBe(0);
  }, 30_000);
});

describe("a scan of ports", () => {
  const stage = new Stage();
  let ports: number[];
  beforeAll(async () => {
    await stage.open(true);
    ports = await stage.listeners.listen(200);
  }, 60_000);
  afterEach(() => stage.serves());
  afterAll(() => stage.close());

  /** How many ports were reached since the last time; there were some. */
  const reached = (): number => {
    const count = stage.listeners.connections.size;
    stage.listeners.connections.clear();
    expect(count).toBeGreaterThan(0);
    return count;
  };

  test("by stream initiation: so many hosts of a question, and so many questions of a file", async () => {
    const sid = await stage.initiated();
    const ask = (from: number): Promise<string> => answerTo(stage.romeo, stage.bot, words.hosts(sid, stage.romeo.jid, ports.slice(from, from + 20).map((port) => ["127.0.0.1", port] as const))); // prettier-ignore
    const answers: string[] = [];
    for (let i = 0; i < 10; i++) answers.push(await ask(20 * i));
    const tried = answers.filter((answer) => answer === "cancel item-not-found").length;
    expect(tried).toBeLessThanOrEqual(4);
    expect(answers.slice(tried)).toEqual(Array(10 - tried).fill("modify not-acceptable"));
    expect(reached()).toBeLessThanOrEqual(8 * tried);
    await stage.end(sid);
  }, 30_000);

  test("by Jingle: so many candidates of a session, however they come", async () => {
    const sid = randomUUID();
    const some = (from: number): Element[] => ports.slice(from, from + 20).map((port, i) => words.candidate(stage.romeo.jid, "127.0.0.1", port, 1000 + i)); // prettier-ignore
    await stage.offer(sid, ...some(0));
    for (let i = 1; i < 10; i++) await answerTo(stage.romeo, stage.bot, words.jingle("transport-info", sid, words.content(words.socksTransport(sid, ...some(20 * i))))); // prettier-ignore
    expect(await stage.verdict(sid)).toBe("candidate-error");
    expect(reached()).toBeLessThanOrEqual(12);
    await says(stage.romeo, stage.bot, sid, xml("candidate-error"), sid);
    await answerTo(stage.romeo, stage.bot, words.terminate(sid, "cancel"));
  }, 40_000);
});
