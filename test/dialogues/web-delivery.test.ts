/** What the desk is told of a download: what went out, and never more than the peer can have got of a whole. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { DeskFile } from "../harness/file-desk.js";
import type { RawHttp } from "../harness/raw-http.js";
import { setWebStage, type WebStage } from "../harness/web-stage.js";

let stage: WebStage;
beforeAll(async () => void (stage = await setWebStage()));
afterAll(() => stage.strike());

const MIB = 2 ** 20;
const path = (file: DeskFile): string => `/g/${file.token}/x`;
const get = (file: DeskFile, version = "1.1"): string => `GET ${path(file)} HTTP/${version}\r\nHost: localhost\r\n\r\n`;
const spanOf = (told: string): [number, number] => told.split("-").map(Number) as [number, number];

/** Asks, reads until `enough` bytes are there, and lets nothing more in. */
async function readSome(client: RawHttp, file: DeskFile, enough: number): Promise<void> {
  client.send(get(file));
  await client.until(() => client.pending.length >= enough);
  client.socket.pause();
}

describe.each([
  ["a local file", false],
  ["a store far away", true],
])("from %s", (_, far) => {
  test("a whole download counts whole when the peer closes in order", async () => {
    const file = await stage.desk.keep(3 * MIB, { far });
    const client = await stage.connect();
    expect((await client.ask("GET", path(file))).body).toHaveLength(3 * MIB);
    expect(file.told).toEqual(["moving"]);
    client.close();
    expect(await file.heard(2)).toEqual(["moving", `0-${3 * MIB}`]);
  });

  test("it counts when the peer asks its next question", async () => {
    const file = await stage.desk.keep(1000, { far });
    const client = await stage.connect();
    await client.ask("GET", path(file));
    await client.ask("HEAD", path(file));
    expect(await file.heard(2)).toEqual(["moving", "0-1000"]);
  });

  test("it counts when the peer just stays", async () => {
    const file = await stage.desk.keep(1000, { far });
    await (await stage.connect()).ask("GET", path(file));
    expect(await file.heard(2)).toEqual(["moving", "0-1000"]);
  });

  test("a peer that opens and breaks off has not got a small file, though the system took it whole", async () => {
    const file = await stage.desk.keep(20_000, { far });
    const client = await stage.connect();
    client.socket.pause();
    client.send(get(file));
    await file.heard(1);
    client.reset();
    const [, end] = spanOf((await file.heard(2))[1]!);
    expect(end).toBeLessThan(20_000);
  });

  test("a download that is cut counts at least what the peer has, and not to the end", async () => {
    const file = await stage.desk.keep(32 * MIB, { far });
    const client = await stage.connect();
    await readSome(client, file, 2 * MIB);
    const got = client.pending.length - client.pending.indexOf("\r\n\r\n") - 4;
    client.reset();
    const [start, end] = spanOf((await file.heard(2))[1]!);
    expect(start).toBe(0);
    expect(end).toBeGreaterThanOrEqual(got);
    expect(end).toBeLessThan(32 * MIB);
    expect(file.readers).toBe(0);
    const other = await stage.connect();
    const rest = await other.ask("GET", path(file), `Range: bytes=${got}-`);
    expect(rest.body.equals(file.content.subarray(got))).toBe(true);
    other.close();
    expect((await file.heard(4)).slice(2)).toEqual(["moving", `${got}-${32 * MIB}`]);
  });
});

test("HEAD, 304, 412 and 416 move nothing", async () => {
  const file = await stage.desk.keep(1000);
  const client = await stage.connect();
  await client.ask("HEAD", path(file));
  await client.ask("GET", path(file), `If-None-Match: "${file.sha256}"`);
  await client.ask("GET", path(file), 'If-Match: "x"');
  await client.ask("GET", path(file), "Range: bytes=1000-");
  expect(file.told).toEqual([]);
});

test("of several ranges each counts", async () => {
  const file = await stage.desk.keep(100_000);
  const client = await stage.connect();
  await client.ask("GET", path(file), "Range: bytes=90000-99999,0-9,50000-50000");
  client.close();
  expect(await file.heard(6)).toEqual(["moving", "90000-100000", "moving", "0-10", "moving", "50000-50001"]);
});

test("HTTP/1.0: the connection ends after the answer, and a peer that breaks off is still heard", async () => {
  const file = await stage.desk.keep(20_000);
  const client = await stage.connect();
  client.send(get(file, "1.0"));
  const answer = await client.answer();
  expect([answer.body.equals(file.content), answer.headers["connection"]]).toEqual([true, "close"]);
  await client.ended();
  client.close();
  expect(await file.heard(2)).toEqual(["moving", "0-20000"]);

  const rude = await stage.connect();
  rude.socket.pause();
  rude.send(get(file, "1.0"));
  await file.heard(3);
  rude.reset();
  expect((await file.heard(4))[3]).toBe("0-19999");
});

test("pipelined requests are answered in their order, each whole", async () => {
  const files = await Promise.all([5 * MIB, 10, 2 * MIB, 100_000].map((size) => stage.desk.keep(size)));
  const client = await stage.connect();
  client.send(files.map((file) => get(file)).join(""));
  for (const file of files) expect((await client.answer()).body.equals(file.content)).toBe(true);
  client.close();
  for (const file of files) expect(await file.heard(2)).toEqual(["moving", `0-${file.content.length}`]);
});

test("many readers at once, fast and slow, get what is theirs", async () => {
  const file = await stage.desk.keep(3 * MIB + 17);
  await Promise.all(
    Array.from({ length: 40 }, async () => {
      const client = await stage.connect();
      expect((await client.ask("GET", path(file))).body.equals(file.content)).toBe(true);
      client.close();
    }),
  );
  await file.heard(80);
  expect(file.readers).toBe(0);
});
