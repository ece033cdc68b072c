/** Byte streams over SOCKS5: what goes in comes out, no faster than either side takes it, and every break is seen. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { createHash, randomBytes } from "node:crypto";
import type { ByteStream } from "../../component/control/ports.js";
import { FakeClock, settled } from "../harness/fake-clock.js";
import { socksStage, still, within, type RawPeer, type SocksStage } from "../harness/socks-stage.js";

const MIB = 2 ** 20;
let stage: SocksStage;
afterEach(() => stage.stop());

const patience = (): AbortSignal => AbortSignal.timeout(20_000);

async function joined(early?: Uint8Array): Promise<{ peer: RawPeer; stream: ByteStream }> {
  stage = await socksStage();
  return stage.joined(early);
}

/** Time stands still. */
async function joinedInTime(): Promise<{ peer: RawPeer; stream: ByteStream; clock: FakeClock }> {
  const clock = new FakeClock();
  stage = await socksStage({ clock });
  return { ...(await stage.joined()), clock };
}

/** Gathers what comes; its memory is overwritten afterwards, as its owner may do. */
class Gather {
  readonly chunks: Buffer[] = [];
  readonly sizes: number[] = [];
  readonly sink = async (chunk: Uint8Array): Promise<void> => {
    this.chunks.push(Buffer.from(chunk));
    this.sizes.push(chunk.length);
  };
  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

describe("receiving", () => {
  test("all bytes, in order, in large chunks, until the peer ends", async () => {
    const { peer, stream } = await joined();
    const body = randomBytes(24 * MIB + 12_345);
    peer.socket.end(body);
    const hash = createHash("sha256");
    let most = 0;
    const count = await stream.receive(
      body.length + 1,
      async (chunk) => {
        hash.update(chunk);
        most = Math.max(most, chunk.length);
        await settled();
        expect(body.includes(Buffer.from(chunk.subarray(0, 64)))).toBe(true); // still there: nobody else wrote into it meanwhile
      },
      patience(),
    );
    expect(count).toBe(body.length);
    expect(hash.digest("hex")).toBe(createHash("sha256").update(body).digest("hex"));
    expect(most).toBeGreaterThan(MIB / 8);
    expect(most).toBeLessThanOrEqual(MIB / 2);
  });

  test("all bytes when they trickle", async () => {
    const { peer, stream } = await joined(Buffer.from("a"));
    const gather = new Gather();
    const receiving = stream.receive(1000, gather.sink, patience());
    await peer.sendSlowly(Buffer.from("bcdefghijklmnopqrstuvwxyz"));
    peer.socket.end();
    expect(await receiving).toBe(26);
    expect(gather.bytes.toString()).toBe("abcdefghijklmnopqrstuvwxyz");
  });

  test("a chunk goes on at once, also while more is awaited", async () => {
    const { peer, stream } = await joined();
    let arrived: (text: string) => void;
    const receiving = stream.receive(1000, async (chunk) => arrived(Buffer.from(chunk).toString()), patience());
    for (const word of ["one", "two", "three"]) {
      const arrival = new Promise<string>((resolve) => (arrived = resolve));
      peer.send(Buffer.from(word));
      expect(await within(word, arrival)).toBe(word);
    }
    peer.socket.end();
    await receiving;
  });

  test("as many as were said are enough: the peer need not end", async () => {
    const { peer, stream } = await joined();
    peer.send(Buffer.from("hello"));
    expect(await stream.receive(5, async () => undefined, patience())).toBe(5);
    stream.close();
    expect(await peer.rest()).toMatchObject({ reset: false });
  });

  test("none, when none were said", async () => {
    const { stream } = await joined();
    expect(await stream.receive(0, async () => undefined, patience())).toBe(0);
  });

  test.each([
    ["with the last", 5, Buffer.from("hello!")],
    ["with the request", 3, Buffer.alloc(0)],
    ["in a large chunk", 3 * MIB, Buffer.alloc(3 * MIB + 1)],
    ["many", 10, Buffer.alloc(5 * MIB)],
  ])("a byte more than was said is refused: %s", async (_, most, body) => {
    const { peer, stream } = await joined(body.length === 0 ? Buffer.from("four") : undefined);
    peer.send(body);
    const gather = new Gather();
    await expect(stream.receive(most, gather.sink, patience())).rejects.toMatchObject({ code: "larger-than-said" });
    expect(gather.bytes.length).toBeLessThanOrEqual(most);
  });

  test("a byte more that comes while the last ones are being used is refused", async () => {
    const { peer, stream } = await joined(Buffer.from("hello"));
    const sink = async (): Promise<void> => {
      peer.send(Buffer.from("!"));
      for (let i = 0; i < 100; i++) await settled();
    };
    await expect(stream.receive(5, sink, patience())).rejects.toMatchObject({ code: "larger-than-said" });
  });

  test("fewer bytes than were said are counted", async () => {
    const { peer, stream } = await joined();
    peer.socket.end("hell");
    expect(await stream.receive(5, async () => undefined, patience())).toBe(4);
  });

  test("a reset is a cut, after what came before it", async () => {
    const { peer, stream } = await joined();
    const gather = new Gather();
    const receiving = stream.receive(
      100,
      async (chunk) => {
        await gather.sink(chunk);
        peer.reset();
      },
      patience(),
    );
    peer.send(Buffer.from("hello"));
    await expect(receiving).rejects.toMatchObject({ code: "stream-cut" });
    expect(gather.bytes.toString()).toBe("hello");
  });

  test("a slow sink slows the peer", async () => {
    const { peer, stream } = await joined();
    const size = 64 * MIB;
    let sent = 0;
    const send = (): void => {
      if (sent === size) return;
      sent += MIB;
      peer.socket.write(Buffer.alloc(MIB), send);
    };
    send();
    let go: () => void;
    const stopped = new Promise<void>((resolve) => (go = resolve));
    let used = 0;
    let first = true;
    const receiving = stream.receive(
      size,
      async (chunk) => {
        if (first) await stopped;
        first = false;
        used += chunk.length;
      },
      patience(),
    );
    await still(() => sent);
    expect(sent).toBeLessThan(size);
    expect(used).toBe(0);
    go!();
    expect(await receiving).toBe(size);
    expect(used).toBe(size);
  });

  test("a peer who goes on after his last byte does not write into what others receive", async () => {
    const { peer, stream } = await joined();
    const other = await stage.joined();
    peer.send(Buffer.from("hello"));
    expect(await stream.receive(5, async () => undefined, patience())).toBe(5);
    // The memory that the first has given back is the second's now.
    const body = Buffer.alloc(MIB, "b");
    let whole = true;
    const receiving = other.stream.receive(
      body.length,
      async (chunk) => {
        peer.send(Buffer.alloc(MIB, "a"));
        await still(() => peer.socket.writableLength);
        whole &&= !chunk.includes(97);
      },
      patience(),
    );
    other.peer.send(body);
    expect(await receiving).toBe(body.length);
    expect(whole).toBe(true);
  });

  test("what the sink throws ends it", async () => {
    const { peer, stream } = await joined();
    peer.send(Buffer.alloc(MIB));
    const full = new Error("the disk is full");
    await expect(stream.receive(2 * MIB, () => Promise.reject(full), patience())).rejects.toBe(full);
    await peer.rest();
  });

  test("its signal ends it, before, while it waits, and while the sink works", async () => {
    const { stream } = await joined();
    const over = new Error("over");
    await expect(stream.receive(5, async () => undefined, AbortSignal.abort(over))).rejects.toBe(over);

    const waits = await stage.joined();
    const abort = new AbortController();
    const receiving = waits.stream.receive(5, async () => undefined, abort.signal);
    abort.abort(over);
    await expect(receiving).rejects.toBe(over);

    const works = await stage.joined(Buffer.from("hello"));
    const other = new AbortController();
    let done = false;
    const sink = async (): Promise<void> => {
      other.abort(over);
      await settled();
      done = true;
    };
    await expect(works.stream.receive(10, sink, other.signal)).rejects.toBe(over);
    expect(done).toBe(true); // its memory was in use until then
  });

  test("a peer that is silent for a minute is cut, and not before", async () => {
    const { peer, stream, clock } = await joinedInTime();
    const gather = new Gather();
    let arrived: () => void;
    let arrival = new Promise<void>((resolve) => (arrived = resolve));
    const receiving = stream.receive(100, async (chunk) => gather.sink(chunk).then(() => arrived()), patience());
    receiving.catch(() => undefined);
    for (let i = 0; i < 3; i++) {
      await clock.turn(59_000);
      peer.send(Buffer.from("x"));
      await within("a byte", arrival);
      arrival = new Promise<void>((resolve) => (arrived = resolve));
      await settled();
    }
    await clock.turn(60_000);
    await expect(receiving).rejects.toMatchObject({ code: "stream-cut" });
    expect(gather.bytes.toString()).toBe("xxx");
  });

  test("the time that the sink takes is not the peer's", async () => {
    const { peer, stream, clock } = await joinedInTime();
    const sink = (): Promise<void> => clock.turn(600_000);
    const receiving = stream.receive(5, sink, patience());
    peer.socket.end("hello");
    expect(await receiving).toBe(5);
  });

  test("fifty at once share: when the first has all, each has a good part", async () => {
    stage = await socksStage();
    const streams = await Promise.all(Array.from({ length: 50 }, () => stage.joined()));
    const body = Buffer.alloc(8 * MIB);
    const counts = streams.map(() => 0);
    let first: number[] | undefined;
    await Promise.all(
      streams.map(async ({ peer, stream }, i) => {
        peer.socket.end(body);
        await stream.receive(body.length, async (chunk) => void (counts[i]! += chunk.length), patience());
        first ??= [...counts];
      }),
    );
    expect(Math.max(...first!)).toBe(body.length);
    expect(Math.min(...first!)).toBeGreaterThan(body.length / 4);
  });
});

describe("sending", () => {
  const give = async (stream: ByteStream, body: Uint8Array): Promise<void> => {
    for (let at = 0; at < body.length; at += MIB) await stream.write(body.subarray(at, at + MIB));
    await stream.end();
  };

  test("all bytes, and the end when the peer has closed in order", async () => {
    const { peer, stream } = await joined();
    const body = randomBytes(9 * MIB + 99);
    const giving = give(stream, body);
    expect((await peer.read(body.length)).equals(body)).toBe(true);
    peer.socket.end();
    await giving;
    stream.close();
  });

  test("a peer that leaves its side open has it when its system has, after a quiet moment", async () => {
    const { peer, stream, clock } = await joinedInTime();
    let ended = false;
    const giving = give(stream, Buffer.from("hello")).then(() => (ended = true));
    expect((await peer.rest()).bytes.toString()).toBe("hello");
    while (clock.waiting === 0) await settled();
    await clock.turn(500);
    expect(ended).toBe(false);
    while (!ended) await clock.turn(100);
    await giving;
    expect(await peer.rest()).toMatchObject({ reset: false });
  });

  test("a peer that had closed its own direction before gets everything", async () => {
    const { peer, stream } = await joined();
    peer.socket.end();
    const body = randomBytes(6 * MIB);
    const giving = give(stream, body);
    expect((await peer.read(body.length)).equals(body)).toBe(true);
    await giving;
  });

  test("a peer that resets is a cut: while bytes go, and after the last", async () => {
    const { peer, stream } = await joined();
    const writing = give(stream, Buffer.alloc(64 * MIB));
    await peer.read(MIB);
    peer.reset();
    await expect(writing).rejects.toMatchObject({ code: "stream-cut" });

    const other = await stage.joined();
    other.peer.socket.pause();
    const giving = give(other.stream, Buffer.from("hello"));
    other.peer.reset();
    await expect(giving).rejects.toMatchObject({ code: "stream-cut" });
    await expect(other.stream.write(Buffer.from("more"))).rejects.toMatchObject({ code: "stream-cut" });
  });

  test("no faster than the peer takes it", async () => {
    const { peer, stream } = await joined();
    peer.socket.pause();
    const body = Buffer.alloc(64 * MIB);
    let written = 0;
    const writing = (async () => {
      for (; written < body.length; written += MIB) await stream.write(body.subarray(written, written + MIB));
    })();
    await still(() => written);
    expect(written).toBeLessThan(body.length);
    peer.socket.resume();
    await writing;
    expect(written).toBe(body.length);
  });

  test("a peer that takes nothing for a minute is cut", async () => {
    const { peer, stream, clock } = await joinedInTime();
    peer.socket.pause();
    let moves = 0;
    let failed: unknown;
    const writing = (async () => {
      for (; ; moves++) await stream.write(Buffer.alloc(MIB));
    })().catch((e: unknown) => (failed = e));
    await still(() => moves);
    await clock.turn(59_000);
    expect(failed).toBeUndefined();
    await clock.turn(1000);
    await writing;
    expect(failed).toMatchObject({ code: "stream-cut" });
  });

  test("a peer that does not take the last bytes for a minute is cut", async () => {
    const { peer, stream, clock } = await joinedInTime();
    peer.socket.pause();
    let failed: unknown;
    let done = false;
    const body = Buffer.alloc(MIB);
    // More than the peer's system takes, less than both systems do.
    const giving = (async () => {
      for (let i = 0; i < 4; i++) await stream.write(body);
      await stream.end();
      done = true;
    })().catch((e: unknown) => (failed = e));
    while (!failed && !done) await clock.turn(1000);
    await giving;
    expect([done, failed]).toEqual([false, expect.objectContaining({ code: "stream-cut" })]);
  });

  test("closing, in whatever state, twice", async () => {
    const { peer, stream } = await joined();
    stream.close();
    stream.close();
    await peer.rest();
    await expect(stream.write(Buffer.from("x"))).rejects.toMatchObject({ code: "stream-cut" });
    await expect(stream.end()).rejects.toMatchObject({ code: "stream-cut" });
    await expect(stream.receive(5, async () => undefined, patience())).rejects.toMatchObject({ code: "stream-cut" });
  });
});
