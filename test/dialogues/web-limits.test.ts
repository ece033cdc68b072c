/** What the web server bears, and how it stops. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { pino } from "pino";
import type { DeskFile } from "../harness/file-desk.js";
import type { RawHttp } from "../harness/raw-http.js";
import { setWebStage, type WebStage } from "../harness/web-stage.js";

let stage: WebStage;
afterEach(() => stage.strike());

const MIB = 2 ** 20;
const get = (file: DeskFile): string => `GET /g/${file.token}/x HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** A download that has begun and whose client reads no more. */
async function stuck(file: DeskFile): Promise<RawHttp> {
  const client = await stage.connect();
  client.send(get(file));
  await client.until(() => client.pending.length > 1000);
  client.socket.pause();
  return client;
}

describe("what is too much", () => {
  test("a header that is too long", async () => {
    stage = await setWebStage();
    const client = await stage.connect();
    expect((await client.ask("GET", "/", `X: ${"x".repeat(20_000)}`)).status).toBe(431);
    await client.ended();
  });

  test.each([
    ["no HTTP at all", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n"],
    ["no host", "GET / HTTP/1.1\r\n\r\n"],
    ["two lengths", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["a NUL in the path", "GET /g/\0 HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a NUL in a header", "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n"],
  ])("%s", async (_, text) => {
    stage = await setWebStage();
    const client = await stage.connect();
    client.send(text);
    await client.ended();
    expect(client.pending.toString()).toMatch(/^HTTP\/1\.1 400 /);
    expect((await (await stage.connect()).ask("GET", "/")).status).toBe(200);
  });

  test.each(["text/plain", "application/json", "multipart/form-data", "no type at all"])("a body that nobody wants: %s", async (type) => {
    stage = await setWebStage();
    const client = await stage.connect();
    client.send(`OPTIONS /g/x/y HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: 5\r\n\r\n{"x":`);
    expect((await client.answer()).status).toBeLessThan(500);
    expect((await (await stage.connect()).ask("GET", "/")).status).toBe(200);
  }); // prettier-ignore

  test("nonsense behind requests that wait for their turn is the peer's fault, and no error of ours", async () => {
    const lines: string[] = [];
    stage = await setWebStage({}, pino({ level: "error" }, { write: (line: string) => void lines.push(line) }));
    const file = await stage.desk.keep(20 * MIB);
    const client = await stage.connect();
    client.send(`${get(file)}${get(file)}${get(file)}`);
    await client.until(() => client.pending.length > 1000);
    client.send("\0nonsense\r\n\r\n");
    await client.ended();
    expect((await (await stage.connect()).ask("GET", "/")).status).toBe(200);
    expect(lines).toEqual([]);
  });

  test("half a request ends with its time", async () => {
    stage = await setWebStage({ request: 300 });
    const client = await stage.connect();
    client.send("GET / HTTP/1.1\r\nHost: local");
    expect((await client.answer()).status).toBe(408);
    await client.ended();
  });

  test("a connection on which nothing is asked any more", async () => {
    stage = await setWebStage({ idle: 100 });
    const client = await stage.connect();
    await client.ask("GET", "/");
    await client.ended();
  });

  test("a reader who takes nothing is cut, and not counted as served", async () => {
    stage = await setWebStage({ stalled: 400 });
    const file = await stage.desk.keep(32 * MIB);
    await stuck(file);
    const [, span] = await file.heard(2);
    expect(Number(span!.split("-")[1])).toBeLessThan(32 * MIB);
    expect(file.readers).toBe(0);
  });

  test("a reader who is slow, but reads, is not cut", async () => {
    // Node's own timer, on real time: wide apart, so that a busy machine is not taken for a reader who stands still.
    stage = await setWebStage({ stalled: 5_000 });
    const file = await stage.desk.keep(24 * MIB);
    const client = await stuck(file);
    // Takes a little every now and then, for longer than a stalled one is given.
    for (let round = 0; round < 5; round++) {
      const before = client.pending.length;
      await new Promise((resolve) => setTimeout(resolve, 1_250));
      client.socket.resume();
      await client.until(() => client.pending.length > before + MIB);
      client.socket.pause();
    }
    client.socket.resume();
    expect((await client.answer()).body.equals(file.content)).toBe(true);
  });

  test("more connections from one address than it may have", async () => {
    stage = await setWebStage({ perAddress: 3 });
    const few = await Promise.all([1, 2, 3].map(() => stage.connect("127.0.0.2")));
    for (const client of few) expect((await client.ask("GET", "/")).status).toBe(200);
    const one = await stage.connect("127.0.0.2");
    await one.ended();
    expect(one.pending).toHaveLength(0);
    expect((await (await stage.connect("127.0.0.3")).ask("GET", "/")).status).toBe(200);
    // A proxy on this machine speaks for many.
    for (let i = 0; i < 5; i++) expect((await (await stage.connect()).ask("GET", "/")).status).toBe(200);
    few[0]!.close();
    await few[0]!.ended();
    expect((await (await stage.connect("127.0.0.2")).ask("GET", "/")).status).toBe(200);
  });

  test("more requests on one connection than may wait", async () => {
    stage = await setWebStage({ pipelined: 10 });
    const file = await stage.desk.keep(32 * MIB);
    const client = await stuck(file);
    client.send(get(file).repeat(12));
    client.socket.resume();
    await client.ended();
    await file.heard(2);
    expect(file.told).toHaveLength(2);
    expect(file.readers).toBe(0);
  });

  test("slow readers do not hold more memory than they were promised", async () => {
    stage = await setWebStage();
    const file = await stage.desk.keep(64 * MIB);
    const before = process.memoryUsage().arrayBuffers;
    await Promise.all(Array.from({ length: 60 }, () => stuck(file)));
    const held = process.memoryUsage().arrayBuffers - before;
    // 32 large pieces, a small one for each of the others, and what the clients of this test have read.
    expect(held).toBeLessThan(32 * MIB + 28 * 65_536 + 60 * 300_000);
  });
});

describe("stopping", () => {
  test("idle connections are closed at once; a second stop does nothing", async () => {
    stage = await setWebStage({ grace: 5_000 });
    const fresh = await stage.connect();
    const used = await stage.connect();
    await used.ask("GET", "/");
    const began = Date.now();
    await stage.server.stop();
    await Promise.all([fresh.ended(), used.ended()]);
    expect(Date.now() - began).toBeLessThan(4_000);
    await stage.server.stop();
  });

  test("a download that is under way ends well and is reported before the server is gone", async () => {
    stage = await setWebStage();
    const file = await stage.desk.keep(16 * MIB);
    const client = await stuck(file);
    const stopped = stage.server.stop();
    await expect(stage.connect()).rejects.toThrow("ECONNREFUSED");
    client.socket.resume();
    expect((await client.answer()).body.equals(file.content)).toBe(true);
    await client.ended();
    client.close();
    await stopped;
    expect(file.told).toEqual(["moving", `0-${16 * MIB}`]);
  });

  test("one that takes longer is cut, and reported as cut", async () => {
    stage = await setWebStage({ grace: 300 });
    const file = await stage.desk.keep(32 * MIB);
    await stuck(file);
    await stage.server.stop();
    expect(file.told).toHaveLength(2);
    expect(Number(file.told[1]!.split("-")[1])).toBeLessThan(32 * MIB);
    expect(file.readers).toBe(0);
  });
});
