/** The scanner before a clamd that is not well, or none at all: whatever it says, a file that nobody has looked through never counts as clean. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { ClamdScanner } from "../../component/inspect/clamd.js";
import { FakeClock } from "../harness/fake-clock.js";
import { pieces, readerOver } from "../harness/pieces.js";

let server: Server | undefined;
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
});

/** Answers pings as clamd does; what is done with files is the test's. */
async function played(onFile: (socket: Socket) => void, onPing = (socket: Socket): unknown => socket.end("PONG\0")) {
  let files = 0;
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", (first: Buffer) => {
      if (first.toString("latin1").startsWith("zINSTREAM\0")) {
        files++;
        onFile(socket);
      } else onPing(socket);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const clock = new FakeClock();
  const scanner = new ClamdScanner({ address: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, clock });
  return { scanner, clock, files: () => files };
}

function later() {
  let resolve!: () => void;
  const promise = new Promise<void>((yes) => (resolve = yes));
  return { promise, resolve };
}

const never = new AbortController().signal;
const DOWN = { code: "scanner-down" };

describe("what is no verdict", () => {
  test.each([
    ["an empty answer", "\0"],
    ["an answer that is cut", "stream: O"],
    ["an answer that is cut before its end", "stream: OK"],
    ["another program's answer", "HTTP/1.1 400 Bad Request\r\n\r\n\0"],
    ["an error", "stream: Can't allocate memory ERROR\0"],
    ["a name without a verdict", "stream: Some.Virus\0"],
    ["a verdict on something else", "/etc/passwd: OK\0"],
    ["a command that is not known", "UNKNOWN COMMAND\0"],
    ["nothing", ""],
    ["an answer without end", "stream: ".padEnd(100_000, "x")],
  ])("%s", async (_, answer) => {
    const { scanner } = await played((socket) => {
      socket.on("data", () => undefined);
      socket.end(answer);
    });
    const reader = readerOver(pieces(100_000));
    await expect(scanner.scan(reader, never)).rejects.toMatchObject(DOWN);
    expect(reader.closed).toBe(true);
  });

  test("a connection that is reset", async () => {
    const { scanner } = await played((socket) => socket.resetAndDestroy());
    await expect(scanner.scan(readerOver(pieces(10)), never)).rejects.toMatchObject(DOWN);
  });

  test("a ping that is answered by another program, or not at all", async () => {
    const wrong = await played(() => undefined, (socket) => socket.end("-ERR unknown command\r\n\0")); // prettier-ignore
    await expect(wrong.scanner.scan(readerOver(pieces(10)), never)).rejects.toMatchObject(DOWN);
    expect(wrong.files()).toBe(0);
    await expect(wrong.scanner.check()).rejects.toThrow(/no clamd/);
  });
});

describe("every wait ends", () => {
  test("who does not answer a ping is given up after 5 seconds, before a byte is read", async () => {
    const asked = later();
    const { scanner, clock } = await played(() => undefined, () => asked.resolve()); // prettier-ignore
    const reader = readerOver(pieces(1_000_000));
    const scan = expect(scanner.scan(reader, never)).rejects.toMatchObject(DOWN);
    await asked.promise;
    await clock.turn(5_000);
    await scan;
    expect(reader.read).toBe(0);
  });

  test("who takes all and says nothing is given up after three minutes", async () => {
    const all = later();
    const { scanner, clock } = await played((socket) =>
      socket.on("data", (bytes) => void (bytes.subarray(-4).equals(Buffer.alloc(4)) && all.resolve())),
    );
    const scan = expect(scanner.scan(readerOver(pieces(100_000)), never)).rejects.toMatchObject(DOWN);
    await all.promise;
    const since = clock.now();
    let isOver = false;
    void scan.finally(() => (isOver = true));
    while (!isOver) await clock.turn(1_000);
    expect(clock.now() - since).toBeGreaterThanOrEqual(180_000);
    expect(clock.waiting).toBe(0);
  });

  test("who stops taking is given up after half a minute, and the reader has not run ahead of him", async () => {
    const stopped = later();
    const { scanner, clock } = await played((socket) => {
      socket.pause();
      stopped.resolve();
    });
    const reader = readerOver(pieces(50_000_000));
    const scan = expect(scanner.scan(reader, never)).rejects.toMatchObject(DOWN);
    await stopped.promise;
    let isOver = false;
    void scan.finally(() => (isOver = true));
    while (!isOver) await clock.turn(1_000);
    await scan;
    expect(reader.read).toBeLessThan(20_000_000); // what the kernel holds for the two ends
  });

  test("the signal ends it with its reason, also for those who wait for their turn", async () => {
    const begun = later();
    let files = 0;
    const { scanner } = await played((socket) => {
      socket.on("data", () => undefined);
      if (++files === 4) begun.resolve();
    });
    const abort = new AbortController();
    const readers = Array.from({ length: 9 }, () => readerOver(pieces(10)));
    const scans = readers.map((reader) => expect(scanner.scan(reader, abort.signal)).rejects.toThrow("enough"));
    await begun.promise;
    abort.abort(new Error("enough"));
    await Promise.all(scans);
    expect(files).toBe(4); // no more are asked for at once
    expect(readers.every(({ closed }) => closed)).toBe(true);
  });
});

test("a refusal of the length counts also when it comes late, or its connection is broken before it can be read", async () => {
  let asked = 0;
  const { scanner, files } = await played((socket) => {
    if (asked++ === 0) socket.resetAndDestroy();
    else socket.end("INSTREAM size limit exceeded. ERROR\0");
  });
  await expect(scanner.scan(readerOver(pieces(30_000_000)), never)).rejects.toMatchObject({
    code: "too-large-to-scan",
  });
  expect(files()).toBe(2);
});

test("what cannot be announced is not sent", async () => {
  const { scanner, files } = await played(() => undefined);
  const reader = { ...readerOver([]), size: 2 ** 32 };
  await expect(scanner.scan(reader, never)).rejects.toMatchObject({ code: "too-large-to-scan" });
  expect(files()).toBe(0);
});
