/** The fetcher against real sockets: servers that cut, lie, drip, redirect and never end. */
import { afterEach, describe, expect, it, jest, test } from "@jest/globals";
import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { Guard, type Checked, type Resolve } from "../../component/transfer/guard.js";
import { HttpFetcher } from "../../component/transfer/fetch.js";
import { Refusal } from "../../component/lib/errors.js";
import { createLog } from "../../component/lib/log.js";
import { systemClock, type Clock } from "../../component/lib/clock.js";
import type { Announced } from "../../component/control/ports.js";
import { exec } from "../harness/process.js";
import { tempFolder } from "../harness/tmp.js";
import { head, hostileWeb, type HostileWeb, type RawRequest } from "../harness/hostile-web.js";

const IDLE = 30_000;
const HEADER_TIME = 20_000;
const WHOLE_TIME = 3_600_000;
const BACK_OFFS = [500, 2_000, 5_000, 15_000, 60_000];

/** Ends waits of the named lengths almost at once; the others take as long as they say. */
function hurried(...lengths: number[]): Clock {
  return {
    now: () => systemClock.now(),
    after: (ms, what) => systemClock.after(lengths.includes(ms) ? 5 : ms, what),
  };
}

const webs: HostileWeb[] = [];
afterEach(async () => {
  await Promise.all(webs.splice(0).map((web) => web.stop()));
});

async function web(
  answer: (request: RawRequest) => void,
  ...more: [tls?: { key: string; cert: string }, host?: string]
): Promise<HostileWeb> {
  const started = await hostileWeb(answer, ...more);
  webs.push(started);
  return started;
}

interface Setting {
  clock?: Clock;
  ports?: number[];
  allowPrivate?: boolean;
  resolve?: Resolve;
  dial?: (to: Checked, port: number) => ReturnType<typeof connect>;
  log?: ReturnType<typeof createLog>;
}

function fetcher(setting: Setting = {}): HttpFetcher {
  const { allowPrivate = true, resolve } = setting;
  const ports = setting.ports ?? webs.map((w) => w.port);
  return new HttpFetcher({
    guard: new Guard({ allowPrivate, ports, ...(resolve && { resolve }) }),
    clock: setting.clock ?? hurried(...BACK_OFFS),
    agent: "Restante/test",
    headerTime: HEADER_TIME,
    wholeTime: WHOLE_TIME,
    log: setting.log ?? createLog("silent"),
    ...(setting.dial && { dial: setting.dial }),
  });
}

interface Fetched {
  bytes: Buffer;
  announced: Announced[];
  chunks: number;
}

async function fetched(
  url: string,
  setting: Setting = {},
  limits: { bytes?: number; name?: string } = {},
  signal = new AbortController().signal,
): Promise<Fetched> {
  const chunks: Buffer[] = [];
  const announced: Announced[] = [];
  await fetcher(setting).fetch(
    url,
    { bytes: 1e9, ...limits },
    async (a) => void announced.push(a),
    async (chunk) => void chunks.push(Buffer.from(chunk)),
    signal,
  );
  return { bytes: Buffer.concat(chunks), announced, chunks: chunks.length };
}

/** What the fetch is refused with: its code, or the error itself when it is none. */
async function refused(
  url: string,
  setting: Setting = {},
  limits: { bytes?: number; name?: string } = {},
): Promise<unknown> {
  const e: unknown = await fetched(url, setting, limits).then(
    () => "fetched",
    (x: unknown) => x,
  );
  return e instanceof Refusal ? e.code : e;
}

const ok = (body: Buffer | string, more: Record<string, string | number> = {}): Buffer =>
  Buffer.concat([Buffer.from(head(200, { "Content-Length": body.length, ...more })), Buffer.from(body)]);

describe("an ordinary answer", () => {
  it("brings the bytes, in large blocks, and what is known before them", async () => {
    const body = randomBytes(1_000_000);
    const w = await web(({ socket }) =>
      socket.end(
        ok(body, {
          "Content-Type": "Image/JPEG; q=1",
          "Content-Disposition": "attachment; filename*=UTF-8''na%C3%AFve.jpg",
        }),
      ),
    );
    const got = await fetched(`${w.url}/a/b.bin`);
    expect(got.bytes.equals(body)).toBe(true);
    expect(got.announced).toEqual([{ name: "naïve.jpg", size: 1_000_000, mediaType: "image/jpeg" }]);
    expect(got.chunks).toBe(2);
  });

  it("asks plainly: no compression, no range, a name of its own, one connection", async () => {
    const w = await web(({ socket }) => socket.end(ok("x")));
    await fetched(`${w.url}/a?b=c#key`);
    const { headers, path } = w.requests[0]!;
    expect(path).toBe("/a?b=c");
    expect(headers).toEqual({
      host: `127.0.0.1:${w.port}`,
      "user-agent": "Restante/test",
      accept: "*/*",
      "accept-encoding": "identity",
      connection: "close",
    });
  });

  test.each([
    ["the name that was given", { name: "given.txt" }, "attachment; filename=other", "given.txt"],
    ["no path of a given name", { name: "../../etc/passwd" }, "", "passwd"],
    ["a plain filename", {}, 'attachment; filename="re port.pdf"', "re port.pdf"],
    [
      "a plain filename that is not as plain as it ought to be",
      {},
      'attachment; filename="größe €.pdf"',
      "größe €.pdf",
    ],
    ["a filename of Latin-1 letters", {}, "attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe.pdf", "größe.pdf"],
    ["no path of a header's name", {}, 'attachment; filename="..\\\\..\\\\boot.ini"', "boot.ini"],
    ["the link's last segment", {}, "", "ä b.txt"],
    ["no control or turned characters", {}, "attachment; filename*=UTF-8''exe%E2%80%AEgpj%0A.txt", "exe gpj .txt"],
    ["nothing that is only dots", { name: ".." }, "inline", "file"],
  ])("takes as its name %s", async (_, limits, disposition, name) => {
    const w = await web(({ socket }) => socket.end(ok("x", disposition ? { "Content-Disposition": disposition } : {})));
    const got = await fetched(`${w.url}/up/%C3%A4%20b.txt`, {}, limits);
    expect(got.announced[0]!.name).toBe(name);
  });

  it("may come chunked, without a length", async () => {
    const w = await web(({ socket }) =>
      socket.end(`${head(200, { "Transfer-Encoding": "chunked" })}3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n`),
    );
    const got = await fetched(`${w.url}/x`);
    expect([got.bytes.toString(), got.announced[0]!.size]).toEqual(["abcdefg", undefined]);
  });

  it("may end with the connection", async () => {
    const w = await web(({ socket }) => socket.end(`${head(200)}abc`));
    expect((await fetched(`${w.url}/x`)).bytes.toString()).toBe("abc");
  });

  it("may be empty", async () => {
    const w = await web(({ socket }) => socket.end(ok("")));
    expect((await fetched(`${w.url}/x`)).bytes.length).toBe(0);
  });

  it("may come from an IPv6 literal", async () => {
    const w = await web(({ socket }) => socket.end(ok("six")), undefined, "::1");
    expect((await fetched(`${w.url}/x`)).bytes.toString()).toBe("six");
  });
});

describe("what begin and sink throw", () => {
  test("begin: passes through before the first byte, and the connection is closed", async () => {
    const w = await web(({ socket }) => socket.write(ok("hello")));
    const no = new Refusal("too-large");
    const sink = jest.fn<(chunk: Uint8Array) => Promise<void>>();
    const fetch = fetcher().fetch(
      `${w.url}/x`,
      { bytes: 1e9 },
      () => Promise.reject(no),
      sink,
      new AbortController().signal,
    );
    await expect(fetch).rejects.toBe(no);
    expect(sink).not.toHaveBeenCalled();
    await w.closed();
  });

  test("sink: passes through, never called again or beside itself", async () => {
    const w = await web(({ socket }) => socket.end(ok(Buffer.alloc(3_000_000))));
    const no = new Refusal("disk-full");
    let running = 0;
    let calls = 0;
    const sink = async (): Promise<void> => {
      expect(++running).toBe(1);
      await new Promise((r) => setImmediate(r));
      running--;
      if (++calls === 3) throw no;
    };
    await expect(
      fetcher().fetch(`${w.url}/x`, { bytes: 1e9 }, async () => undefined, sink, new AbortController().signal),
    ).rejects.toBe(no);
    expect(calls).toBe(3);
    await w.closed();
  });

  test("a sink that stands still stops the reading", async () => {
    const w = await web(({ socket }) => {
      socket.write(head(200));
      const more = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65536)));
        socket.once("drain", more);
      };
      more();
    });
    const stop = new AbortController();
    let entered = (): void => undefined;
    const inside = new Promise<void>((r) => (entered = r));
    const sink = (): Promise<void> => {
      entered();
      return new Promise((_, reject) =>
        stop.signal.addEventListener("abort", () => reject(stop.signal.reason as Error)),
      );
    };
    const fetch = fetcher().fetch(`${w.url}/x`, { bytes: 1e12 }, async () => undefined, sink, stop.signal);
    await inside;
    const [peer] = w.open;
    const sent = async (): Promise<number> => {
      for (let last = -1; last !== peer!.bytesWritten;) {
        last = peer!.bytesWritten;
        await new Promise((r) => setTimeout(r, 100));
      }
      return peer!.bytesWritten - peer!.writableLength;
    };
    expect(await sent()).toBeLessThan(32e6); // what the system's own socket buffers hold, and no more
    stop.abort(new Error("enough"));
    await expect(fetch).rejects.toThrow("enough");
    await w.closed();
  });
});

describe("what the guard refuses", () => {
  test.each([
    ["a redirect to an address that is never reached", "http://169.254.169.254/latest/meta-data/", "link-not-allowed"],
    ["a redirect to another port", "http://127.0.0.1:22/", "link-not-allowed"],
    ["a redirect to another scheme", "file:///etc/passwd", "link-bad"],
    ["a redirect with a password", "http://a:b@127.0.0.1/", "link-bad"],
    ["a redirect to nowhere", "http://[", "link-bad"],
  ])("%s", async (_, location, code) => {
    const w = await web(({ socket }) => socket.end(head(302, { Location: location })));
    expect(await refused(`${w.url}/x`)).toBe(code);
    expect(w.requests.length).toBe(1);
  });

  test.each(["http://127.0.0.1/", "http://localhost/", "http://[::ffff:127.0.0.1]/", "http://2130706433/"])(
    "a redirect from the outside to %s",
    async (location) => {
      const w = await web(({ socket }) => socket.end(head(301, { Location: location })));
      const dialled: string[] = [];
      const setting: Setting = {
        allowPrivate: false,
        ports: [80],
        resolve: async () => ["93.184.216.34"],
        dial: (to) => (dialled.push(to.address), connect(w.port, "127.0.0.1")),
      };
      expect(await refused("http://files.example.org/x", setting)).toBe("link-not-allowed");
      expect(dialled).toEqual(["93.184.216.34"]);
    },
  );

  it("does not dial a name that leads inside", async () => {
    const dial = jest.fn<(to: Checked) => ReturnType<typeof connect>>();
    const setting: Setting = { allowPrivate: false, ports: [80], resolve: async () => ["127.0.0.1"], dial };
    expect(await refused("http://inside.example.org/x", setting)).toBe("link-unreachable");
    expect(dial).not.toHaveBeenCalled();
  });

  it("dials what it has checked, whatever the name service says next, and checks again before going on", async () => {
    const body = randomBytes(100_000);
    const w = await web(({ socket }) => {
      socket.write(ok(body).subarray(0, 60_000));
      setImmediate(() => socket.destroy());
    });
    const answers = [["93.184.216.34"], ["127.0.0.1"]];
    let asked = 0;
    const dialled: string[] = [];
    const setting: Setting = {
      allowPrivate: false,
      ports: [80],
      resolve: async () => answers[Math.min(asked++, 1)]!,
      dial: (to) => (dialled.push(to.address), connect(w.port, "127.0.0.1")),
    };
    expect(await refused("http://rebind.example.org/x", setting)).toBe("link-unreachable");
    expect(dialled).toEqual(["93.184.216.34"]);
    expect(asked).toBe(2); // one look-up a connection
  });

  it("connects to the pinned address through the system's own TCP, with the name in Host", async () => {
    const w = await web(({ socket }) => socket.end(ok("pinned")));
    let asked = 0;
    const resolve: Resolve = async () => [asked++ === 0 ? "127.0.0.1" : "127.0.0.2"];
    const got = await fetched(`http://name.example.org:${w.port}/x`, { resolve });
    expect([got.bytes.toString(), asked]).toEqual(["pinned", 1]);
    expect(w.requests[0]!.headers["host"]).toBe(`name.example.org:${w.port}`);
  });
});

describe("redirects", () => {
  it("are followed, relative ones too", async () => {
    const w = await web(({ path, socket }) =>
      socket.end(path === "/a/1" ? head(307, { Location: "../b/2?x" }) : ok(path)),
    );
    const got = await fetched(`${w.url}/a/1`);
    expect([got.bytes.toString(), got.announced[0]!.name]).toEqual(["/b/2?x", "2"]);
  });

  it("end after five", async () => {
    const w = await web(({ path, socket }) => socket.end(head(302, { Location: `${path}x` })));
    expect(await refused(`${w.url}/`)).toBe("link-bad");
    expect(w.requests.length).toBe(6);
    await w.closed();
  });
});

describe("a server that lies or breaks", () => {
  test("endless body: refused at the limit's byte", async () => {
    const w = await web(({ socket }) => {
      socket.write(head(200));
      const more = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65536)));
        socket.once("drain", more);
      };
      more();
    });
    let taken = 0;
    const fetch = fetcher().fetch(
      `${w.url}/x`,
      { bytes: 1_000_001 },
      async () => undefined,
      async (c) => void (taken += c.length),
      new AbortController().signal,
    );
    await expect(fetch).rejects.toMatchObject({ code: "larger-than-said" });
    expect(taken).toBeLessThanOrEqual(1_000_001);
    await w.closed();
  });

  test("more announced than may be: refused before the first byte", async () => {
    const w = await web(({ socket }) => socket.write(ok(Buffer.alloc(11))));
    expect(await refused(`${w.url}/x`, {}, { bytes: 10 })).toBe("larger-than-said");
    expect(await refused(`${w.url}/x`, {}, { bytes: 11 })).toBe("fetched");
  });

  test("more than Content-Length: what is beyond it is no part of the file", async () => {
    const w = await web(({ socket }) => socket.end(`${head(200, { "Content-Length": 5 })}hello, world`));
    expect((await fetched(`${w.url}/x`)).bytes.toString()).toBe("hello");
  });

  test("less than Content-Length, again and again", async () => {
    const w = await web(({ socket }) => socket.end(`${head(200, { "Content-Length": 100, ETag: '"1"' })}hello`));
    expect(await refused(`${w.url}/x`)).toBe("shorter-than-said");
    expect(w.requests.length).toBe(1 + BACK_OFFS.length);
  });

  test("less than Content-Length, and says so when asked to go on", async () => {
    const w = await web(({ headers, socket }) =>
      socket.end(
        headers["range"]
          ? head(416, { "Content-Range": "bytes */5" })
          : `${head(200, { "Content-Length": 100, ETag: '"1"' })}hello`,
      ),
    );
    expect(await refused(`${w.url}/x`)).toBe("shorter-than-said");
    expect(w.requests.map((r) => r.headers["range"])).toEqual([undefined, "bytes=5-"]);
  });

  test.each([
    ["garbage", "SSH-2.0-OpenSSH_9.2p1\r\n"],
    ["headers of 10,000 bytes", head(200, { "X-Long": "a".repeat(10_000) })],
    ["two lengths", head(200, { "Content-Length": 5, "content-length": 6 })],
    ["a length beside chunks", head(200, { "Content-Length": 5, "Transfer-Encoding": "chunked" })],
    ["a part that nobody asked for", head(206, { "Content-Range": "bytes 0-4/5" })],
    ["no such file", head(404, { "Content-Length": 0 })],
    ["a redirect without an address", head(302)],
  ])("%s: refused", async (_, bytes) => {
    const w = await web(({ socket }) => socket.end(bytes));
    expect(await refused(`${w.url}/x`)).toBe("link-refused");
    await w.closed();
  });

  test("compressed though asked not to", async () => {
    const w = await web(({ socket }) =>
      socket.end(ok(gzipSync(Buffer.alloc(1_000_000)), { "Content-Encoding": "gzip" })),
    );
    expect(await refused(`${w.url}/x`)).toBe("link-bad");
  });

  test("nobody there", async () => {
    const w = await web(() => undefined);
    webs.splice(0);
    await w.stop();
    expect(await refused(`${w.url}/x`, { ports: [w.port] })).toBe("link-unreachable");
  });

  test("hangs up without a word", async () => {
    const w = await web(({ socket }) => socket.destroy());
    expect(await refused(`${w.url}/x`)).toBe("link-unreachable");
  });

  test("with a link that nobody else may have: the log has its host, and nothing else of it", async () => {
    const w = await web(({ socket }) => socket.end(head(404, { "Content-Length": 0 })));
    const log = createLog("silent");
    const warn = jest.spyOn(log, "warn").mockImplementation(() => undefined);
    expect(await refused(`${w.url}/s/LxHqTbgYwq2sEKd/download`, { log })).toBe("link-refused");
    const logged = JSON.stringify(warn.mock.calls);
    expect(logged).toContain(`127.0.0.1:${w.port}`);
    expect(logged).not.toContain("LxHq");
  });

  test("a certificate that nobody vouches for: unreachable, and the log says why", async () => {
    const folder = await tempFolder();
    try {
      const file = (name: string): string => join(folder.path, name);
      await exec("openssl", [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-keyout",
        file("key"),
        "-out",
        file("cert"),
      ]);
      const tls = { key: await readFile(file("key"), "utf8"), cert: await readFile(file("cert"), "utf8") };
      const w = await web(({ socket }) => socket.end(ok("x")), tls);
      const log = createLog("silent");
      const warn = jest.spyOn(log, "warn").mockImplementation(() => undefined);
      expect(await refused(`${w.url}/x`, { log })).toBe("link-unreachable");
      expect(JSON.stringify(warn.mock.calls)).toContain("DEPTH_ZERO_SELF_SIGNED_CERT");
    } finally {
      await folder.remove();
    }
  });
});

describe("a server that is slow", () => {
  test("no answer", async () => {
    const w = await web(() => undefined);
    expect(await refused(`${w.url}/x`, { clock: hurried(HEADER_TIME) })).toBe("link-too-slow");
    await w.closed();
  });

  test("headers that drip", async () => {
    const w = await web(({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const drip = setInterval(() => socket.write("X-A: b\r\n"), 1);
      socket.on("close", () => clearInterval(drip));
    });
    expect(await refused(`${w.url}/x`, { clock: hurried(HEADER_TIME) })).toBe("link-too-slow");
    await w.closed();
  });

  test("a body that stands still: tried again, then given up", async () => {
    const w = await web(({ socket }) => socket.write(head(200, { "Content-Length": 100 })));
    expect(await refused(`${w.url}/x`, { clock: hurried(IDLE, ...BACK_OFFS) })).toBe("link-too-slow");
    expect(w.requests.length).toBe(1 + BACK_OFFS.length);
    await w.closed();
  });

  test("a body that drips", async () => {
    let now = 0;
    const clock: Clock = { now: () => (now += 5_000), after: (ms, what) => systemClock.after(ms, what) }; // 5 s pass with each look
    const w = await web(({ socket }) => {
      socket.write(head(200));
      const drip = setInterval(() => socket.write("."), 1);
      socket.on("close", () => clearInterval(drip));
    });
    expect(await refused(`${w.url}/x`, { clock })).toBe("link-too-slow");
    await w.closed();
  });

  test("longer than a fetch may take", async () => {
    const w = await web(({ socket }) => socket.write(head(200)));
    expect(await refused(`${w.url}/x`, { clock: hurried(WHOLE_TIME) })).toBe("link-too-slow");
    await w.closed();
  });
});

describe("the signal", () => {
  test.each([
    ["before the answer", () => undefined],
    ["in the middle of the headers", ({ socket }: RawRequest) => void socket.write("HTTP/1.1 200 OK\r\n")],
    [
      "in the middle of the body",
      ({ socket }: RawRequest) => void socket.write(`${head(200, { "Content-Length": 10 })}abc`),
    ],
  ])("ends a fetch %s, and no socket stays open", async (_, answer) => {
    const stop = new AbortController();
    const reason = new Refusal("stopping");
    const w = await web((request) => {
      answer(request);
      setTimeout(() => stop.abort(reason), 20);
    });
    await expect(fetched(`${w.url}/x`, {}, {}, stop.signal)).rejects.toBe(reason);
    await w.closed();
  });

  test("that has come already asks nobody", async () => {
    const w = await web(() => undefined);
    await expect(fetched(`${w.url}/x`, {}, {}, AbortSignal.abort(new Error("over")))).rejects.toThrow("over");
    expect(w.requests.length).toBe(0);
  });

  test("ends the pause before going on", async () => {
    const stop = new AbortController();
    const w = await web(({ socket }) => {
      socket.end(`${head(200, { "Content-Length": 10 })}abc`);
      socket.on("close", () => setTimeout(() => stop.abort(new Error("over")), 20));
    });
    await expect(fetched(`${w.url}/x`, { clock: systemClock }, {}, stop.signal)).rejects.toThrow("over");
  });
});

describe("a fetch that is cut", () => {
  type Peer = "ranges" | "no ranges, but a tag" | "nothing to compare" | "ranges by date";

  /** Serves `body`, cutting the n-th connection after `cuts[n]` bytes of what it sends. */
  function cutting(body: Buffer, cuts: number[], peer: Peer, chunked: boolean): (request: RawRequest) => void {
    let n = 0;
    return ({ headers, socket }) => {
      const tags = {
        ranges: { ETag: '"v1"' },
        "no ranges, but a tag": { ETag: '"v1"' },
        "nothing to compare": {},
        "ranges by date": { ETag: 'W/"v1"', "Last-Modified": "Sat, 01 Aug 2026 10:00:00 GMT" },
      }[peer];
      const asked = peer.startsWith("ranges") ? /^bytes=([1-9]\d*)-$/.exec(headers["range"] ?? "") : null;
      const start = asked ? Number(asked[1]) : 0;
      const part = body.subarray(start);
      const size = chunked ? { "Transfer-Encoding": "chunked" } : { "Content-Length": part.length };
      if (start >= body.length)
        return void socket.end(head(416, { "Content-Range": `bytes */${body.length}`, "Content-Length": 0 }));
      const range = asked ? { "Content-Range": `bytes ${start}-${body.length - 1}/${body.length}` } : {};
      const sent = chunked
        ? Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n0\r\n\r\n")])
        : part;
      const cut = cuts[n++];
      socket.write(head(asked ? 206 : 200, { ...size, ...tags, ...range }));
      if (cut === undefined) socket.end(sent);
      else socket.write(sent.subarray(0, cut), () => socket.destroy());
    };
  }

  test("goes on until it has the same bytes, wherever it is cut", async () => {
    const body = randomBytes(300_000);
    const sum = createHash("sha256").update(body).digest("hex");
    const peers = fc.constantFrom<Peer>("ranges", "ranges by date", "no ranges, but a tag", "nothing to compare");
    const cuts = fc.array(fc.integer({ min: 0, max: body.length }), { maxLength: BACK_OFFS.length });
    await fc.assert(
      fc.asyncProperty(peers, cuts, fc.boolean(), async (peer, at, chunked) => {
        const w = await web(cutting(body, at, peer, chunked));
        const got = await fetched(`${w.url}/x`);
        expect(createHash("sha256").update(got.bytes).digest("hex")).toBe(sum);
        expect(got.announced.length).toBe(1);
        webs.splice(0);
        await w.stop();
      }),
      { numRuns: 60 },
    );
  });

  test("asks for the rest by its validator, and never for a range from 0", async () => {
    const w = await web(cutting(Buffer.alloc(100), [0, 40], "ranges by date", false));
    await fetched(`${w.url}/x`);
    expect(w.requests.map((r) => [r.headers["range"], r.headers["if-range"]])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
      ["bytes=40-", "Sat, 01 Aug 2026 10:00:00 GMT"],
    ]);
  });

  test("waits longer and longer, and starts counting anew after a step forward", async () => {
    const waits: number[] = [];
    const clock: Clock = {
      now: () => systemClock.now(),
      after: (ms, what) => {
        if (!BACK_OFFS.includes(ms)) return systemClock.after(ms, what);
        waits.push(ms);
        return systemClock.after(1, what);
      },
    };
    const w = await web(cutting(Buffer.alloc(300_000), [0, 0, 100_000, 0], "ranges", false));
    await fetched(`${w.url}/x`, { clock });
    expect(waits).toEqual([500, 2_000, 500, 2_000]);
  });

  const LATER: [string, Record<string, string | number>, number, string][] = [
    ["another tag, whole", { "Content-Length": 10, ETag: '"v2"' }, 200, "link-changed"],
    ["another size, whole", { "Content-Length": 11, ETag: '"v1"' }, 200, "link-changed"],
    ["another total", { "Content-Length": 8, "Content-Range": "bytes 3-10/11" }, 206, "link-changed"],
    ["another start", { "Content-Length": 10, "Content-Range": "bytes 0-9/10" }, 206, "link-changed"],
    ["an early end", { "Content-Length": 2, "Content-Range": "bytes 3-4/10" }, 206, "link-changed"],
    ["no Content-Range", { "Content-Length": 7 }, 206, "link-changed"],
    ["out of range", { "Content-Range": "bytes */2" }, 416, "link-changed"],
    ["gone", { "Content-Length": 0 }, 404, "link-refused"],
    ["compressed", { "Content-Length": 7, "Content-Range": "bytes 3-9/10", "Content-Encoding": "br" }, 206, "link-bad"],
    ["away for good", { "Content-Length": 0 }, 503, "shorter-than-said"],
  ];
  test.each(LATER)("and answered with %s is not kept", async (_, headers, status, code) => {
    let n = 0;
    const w = await web(({ socket }) => {
      if (n++ === 0) socket.end(`${head(200, { "Content-Length": 10, ETag: '"v1"' })}abc`);
      else socket.end(head(status, headers) + "0123456789".slice(0, Number(headers["Content-Length"] ?? 0)));
    });
    expect(await refused(`${w.url}/x`)).toBe(code);
  });

  test("and whose first bytes are others now is not kept", async () => {
    let n = 0;
    const w = await web(({ socket }) =>
      socket.end(`${head(200, { "Content-Length": 10 })}${n++ === 0 ? "abcde" : "abcdX56789"}`),
    );
    expect(await refused(`${w.url}/x`)).toBe("link-changed");
  });

  test("while begin thinks it over goes on all the same", async () => {
    let n = 0;
    const w = await web(({ socket }) => {
      const cut = n++ === 0;
      socket.write(head(200, { "Content-Length": 10 }));
      if (cut) socket.destroy();
      else socket.end("0123456789");
    });
    const bytes: Buffer[] = [];
    await fetcher().fetch(
      `${w.url}/x`,
      { bytes: 10 },
      () => w.closed(),
      async (c) => void bytes.push(Buffer.from(c)),
      new AbortController().signal,
    );
    expect(Buffer.concat(bytes).toString()).toBe("0123456789");
  });
});
