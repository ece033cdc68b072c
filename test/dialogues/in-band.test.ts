/** In-band bytestreams over a stream in memory: what each stanza is answered with, and how every stream ends. */
import { describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import type { ByteStream } from "../../component/control/ports.js";
import { bare, toJid } from "../../component/lib/jid.js";
import { StanzaError, xml } from "../../component/messenger/stanza.js";
import { FakeClock, settled } from "../harness/fake-clock.js";
import {
  address,
  BOT,
  codeOf,
  type End,
  end,
  errorOf,
  NS,
  ROMEO,
  Sink,
  speaker,
  twoEnds,
} from "../harness/in-band-ends.js";

const never = new AbortController().signal;
const SECOND = 1000;

interface Open {
  readonly clock: FakeClock;
  readonly bot: End;
  readonly romeo: ReturnType<typeof speaker>;
  readonly stream: ByteStream;
}

/** A stream that Romeo has opened towards the bot. */
async function opened(blockSize = 4096): Promise<Open> {
  const clock = new FakeClock();
  const bot = end(clock);
  const romeo = speaker(bot);
  const arrived = bot.inBand.expect(address(BOT, ROMEO), 65_535, never);
  expect(await romeo.open(blockSize)).toBe("result");
  return { clock, bot, romeo, stream: await arrived };
}

/** A stream that the bot has opened towards Romeo, who answers every stanza with a result. */
async function opening(): Promise<Open> {
  const clock = new FakeClock();
  const bot = end(clock);
  bot.stream.answer = (iq) => xml("iq", { type: "result", id: String(iq.attrs["id"]) });
  const stream = await bot.inBand.open(address(BOT, ROMEO), 4096, never);
  bot.stream.take();
  return { clock, bot, romeo: speaker(bot), stream };
}

const blocks = (end: End): number[] =>
  end.stream.take().flatMap((s) => s.getChild("data", NS) ?? []).map((d) => Number(d.attrs["seq"])); // prettier-ignore

describe("two ends of ours", () => {
  test.each([
    [0, 4096],
    [1, 4096],
    [4096, 4096],
    [300_000, 4096],
    [1_000_000, 65_535],
    [70_000, 1],
  ])("%i bytes in blocks of %i", async (size, blockSize) => {
    const { bot, romeo } = twoEnds();
    const bytes = randomBytes(size);
    const arrived = bot.inBand.expect(address(BOT, ROMEO), blockSize, never);
    const out = await romeo.inBand.open(address(ROMEO, BOT), blockSize, never);
    const sink = new Sink();
    const came = (await arrived).receive(size, sink.take, never);
    // pieces that fit nothing
    for (let at = 0; at < size; at += 50_001) await out.write(bytes.subarray(at, at + 50_001));
    await out.end();
    expect(await came).toBe(size);
    expect(sink.bytes.equals(bytes)).toBe(true);
    expect(romeo.stream.sent.filter((s) => s.getChild("data", NS))).toHaveLength(Math.ceil(size / blockSize));
    if (size > 2 ** 18) expect(Math.min(...sink.chunks.slice(0, -1).map((c) => c.length))).toBeGreaterThan(2 ** 16 - 1);
  });

  test("a peer who wants smaller blocks gets them", async () => {
    const { bot, romeo } = twoEnds();
    const arrived = bot.inBand.expect(address(BOT, ROMEO), 2000, never);
    const out = await romeo.inBand.open(address(ROMEO, BOT), 4096 * 3, never);
    const sizes = romeo.stream.take().map((s) => s.getChild("open", NS)?.attrs["block-size"] as string);
    expect(sizes).toEqual(["12288", "6144", "3072", "1536"]);
    const bytes = randomBytes(10_000);
    const sink = new Sink();
    const came = (await arrived).receive(10_000, sink.take, never);
    await out.write(bytes);
    await out.end();
    expect(await came).toBe(10_000);
    expect(sink.bytes.equals(bytes)).toBe(true);
  });
});

describe("coming in", () => {
  test("who may open what", async () => {
    const bot = end(new FakeClock());
    const romeo = speaker(bot);
    expect(await romeo.open()).toBe("cancel not-acceptable");
    const arrived = bot.inBand.expect(address(BOT, ROMEO), 8192, never);
    expect(await romeo.open(4096, "s1", toJid("romeo@example.org/other"))).toBe("cancel not-acceptable");
    expect(await romeo.open(4096, "s1", bare("romeo@example.org"))).toBe("cancel not-acceptable");
    expect(await romeo.open(4096, "s2")).toBe("cancel not-acceptable");
    expect(await speaker(bot, ROMEO, bare("bot@files.example.org")).open()).toBe("cancel not-acceptable");
    expect(await romeo.open("many")).toBe("modify bad-request");
    expect(await romeo.open(8193)).toBe("modify resource-constraint");
    expect(await romeo.open(8192)).toBe("result");
    expect(await romeo.open(8192)).toBe("cancel not-acceptable"); // good for one
    expect((await arrived).kind).toBe("in-band");
  });

  test("blocks are answered at once, also before anybody receives; the peer's close ends it", async () => {
    const { romeo, stream } = await opened();
    const bytes = randomBytes(4096 * 3 + 5);
    for (let i = 0; i < 4; i++) expect(await romeo.data(i, bytes.subarray(i * 4096, (i + 1) * 4096))).toBe("result");
    expect(await romeo.close()).toBe("result");
    const sink = new Sink();
    expect(await stream.receive(1e6, sink.take, never)).toBe(bytes.length);
    expect(sink.bytes.equals(bytes)).toBe(true);
    expect(sink.chunks).toHaveLength(1);
  });

  test("seq runs round", async () => {
    const { romeo, stream } = await opened(3);
    const sink = new Sink();
    const came = stream.receive(3 * 65_540, sink.take, never);
    for (let i = 0; i < 65_540; i++)
      if ((await romeo.data(i % 65_536, "QUJD")) !== "result") throw new Error(`block ${i}`);
    expect(await came).toBe(3 * 65_540);
    expect(sink.bytes.equals(Buffer.alloc(3 * 65_540, "ABC"))).toBe(true);
  });

  test.each<[string, (romeo: Open["romeo"]) => Promise<string>, string]>([
    ["a block twice", (romeo) => romeo.data(0, "QUJD"), "cancel unexpected-request"],
    ["a block left out", (romeo) => romeo.data(2, "QUJD"), "cancel unexpected-request"],
    ["no base64", (romeo) => romeo.data(1, "QU*D"), "cancel bad-request"],
    ["half a base64", (romeo) => romeo.data(1, "QUJDR"), "cancel bad-request"],
    ["a block that is too long", (romeo) => romeo.data(1, Buffer.alloc(4097)), "cancel bad-request"],
  ])("%s: refused, closed, and nothing that follows is taken", async (_, act, answer) => {
    const { bot, romeo, stream } = await opened();
    const sink = new Sink();
    const came = codeOf(stream.receive(100, sink.take, never));
    expect(await romeo.data(0, "QUJD")).toBe("result");
    expect(await act(romeo)).toBe(answer);
    expect(await came).toBe("stream-cut");
    expect(sink.bytes.toString()).toBe("ABC"); // what came in order is kept
    expect(bot.stream.take().map((s) => s.getChild("close", NS)?.attrs["sid"] as string)).toEqual(["s1"]);
    expect(await romeo.data(1, "QUJD")).toBe("cancel item-not-found");
    expect(await romeo.close()).toBe("result"); // both have closed
  });

  test("nobody else's stanzas get in", async () => {
    const { bot, romeo, stream } = await opened();
    const other = toJid("romeo@example.org/other")!;
    expect(await romeo.data(0, "QUJD", "s1", other)).toBe("cancel item-not-found");
    expect(await romeo.close("s1", other)).toBe("cancel item-not-found");
    expect(await speaker(bot, ROMEO, bare("bot@files.example.org")).data(0, "QUJD")).toBe("cancel item-not-found");
    expect(await romeo.data(0, "QUJD", "s2")).toBe("cancel item-not-found");
    expect(await romeo.iq(xml("data", { xmlns: NS, sid: "s1" }, "QUJD"))).toBe("modify bad-request");
    expect(await romeo.iq(xml("close", { xmlns: NS }))).toBe("modify bad-request");
    expect(await romeo.data(0, "QUJD")).toBe("result");
    const sink = new Sink();
    expect(await stream.receive(3, sink.take, never)).toBe(3);
  });

  test("all has come: the close is the peer's, or ours after a while", async () => {
    for (const says of [true, false]) {
      const { clock, bot, romeo, stream } = await opened();
      const came = stream.receive(3, new Sink().take, never);
      await romeo.data(0, "QUJD");
      expect(await came).toBe(3);
      stream.close();
      expect(bot.stream.take()).toEqual([]);
      if (says) expect(await romeo.close()).toBe("result");
      await clock.turn(5 * SECOND);
      expect(bot.stream.take().map((s) => s.getChildElements()[0]!.name)).toEqual(says ? [] : ["close"]);
      expect(await romeo.data(1, "QUJD")).toBe("cancel item-not-found");
      expect(await romeo.close()).toBe("result");
      expect(clock.waiting).toBe(0);
    }
  });

  test("more than was announced is refused before it is taken", async () => {
    const { romeo, stream } = await opened();
    const sink = new Sink();
    const came = expect(stream.receive(5, sink.take, never)).rejects.toMatchObject({
      code: "larger-than-said",
      message: "The file brought more bytes than were announced (5 bytes), so I did not keep it.",
    });
    await romeo.data(0, "QUJD");
    await romeo.data(1, "QUJD");
    await came;
    stream.close();
    expect(await romeo.data(2, "QUJD")).toBe("cancel item-not-found");
  });

  test("in messages: not acknowledged, but complained of", async () => {
    const { bot, romeo, stream } = await opened();
    const sink = new Sink();
    const came = codeOf(stream.receive(100, sink.take, never));
    expect(await romeo.message(0, "QUJD")).toBe(true);
    expect(await romeo.message(1, "REVG")).toBe(true);
    expect(bot.stream.take()).toEqual([]);
    expect(await romeo.message(5, "QUJD", { type: "error" })).toBe(false); // no answer to an answer
    expect(await romeo.message(5, "QUJD")).toBe(true);
    const [close, bounce] = bot.stream.take();
    expect(close?.getChild("close", NS)).toBeDefined();
    expect(bounce?.attrs).toMatchObject({ type: "error", id: "m", from: BOT, to: ROMEO });
    expect(errorOf(bounce!)).toEqual({ type: "cancel", condition: "unexpected-request" });
    expect(bounce!.getChild("error")!.getChildText("text")).toMatch(/^The transfer of that file was cut\./);
    expect(await came).toBe("stream-cut");
    expect(sink.bytes.toString()).toBe("ABCDEF");
    expect(await bot.stream.receive(xml("message", { from: ROMEO, to: BOT }, xml("body", {}, "hello")))).toBe(false);
  });

  test("a slow sink slows the peer down, and holds little", async () => {
    const { romeo, stream } = await opened();
    const sink = new Sink();
    sink.hold();
    const bytes = randomBytes(4096 * 400);
    const came = stream.receive(bytes.length, sink.take, never);
    let next = 0;
    let answered = 0;
    const one = async (): Promise<void> => {
      while (next < 400) {
        const seq = next++;
        if ((await romeo.data(seq, bytes.subarray(seq * 4096, seq * 4096 + 4096))) !== "result") throw new Error("refused"); // prettier-ignore
        answered++;
      }
    };
    const window = Promise.all(Array.from({ length: 16 }, one));
    await settled();
    expect(answered).toBe(96); // 384 KiB
    expect(next).toBe(96 + 16);
    sink.go();
    await window;
    expect(await came).toBe(bytes.length);
    expect(sink.bytes.equals(bytes)).toBe(true);
  });

  test("a peer who waits for nothing is heard out for some megabytes, then cut", async () => {
    const { romeo, stream } = await opened(65_535);
    const sink = new Sink();
    sink.hold();
    const came = codeOf(stream.receive(1e9, sink.take, never));
    const answers = Array.from({ length: 80 }, (_, seq) => romeo.data(seq, Buffer.alloc(65_535)));
    await settled();
    sink.go();
    const said = await Promise.all(answers);
    expect(said.slice(0, 64)).toEqual(Array(64).fill("result"));
    expect(said[64]).toBe("wait resource-constraint");
    expect(said.slice(65)).toEqual(Array(15).fill("cancel item-not-found"));
    expect(await came).toBe("stream-cut");
    expect(sink.bytes).toHaveLength(64 * 65_535); // what was acknowledged is there
  });

  test.each<[string, (o: Open) => unknown]>([
    ["the peer has gone offline", ({ romeo }) => romeo.unavailable()],
    ["the server has gone", ({ bot }) => bot.inBand.disconnected()],
    ["the peer is silent for a minute", ({ clock }) => clock.turn(61 * SECOND)],
    ["we let go", ({ stream }) => stream.close()],
    ["the component stops", ({ bot }) => bot.inBand.stop()],
  ])("%s: cut, with what has come", async (_, act) => {
    const o = await opened();
    const sink = new Sink();
    const came = codeOf(o.stream.receive(100, sink.take, never));
    await o.clock.turn(30 * SECOND);
    await o.romeo.data(0, "QUJD");
    await o.clock.turn(58 * SECOND);
    expect(sink.chunks).toEqual([]);
    await act(o);
    expect(await came).toBe("stream-cut");
    expect(sink.bytes.toString()).toBe("ABC");
    await o.clock.turn(10 * SECOND);
    expect(o.clock.waiting).toBe(0);
    expect(await o.romeo.close()).toBe("result");
    await o.clock.turn(301 * SECOND);
    const other = o.bot.inBand.expect(address(BOT, ROMEO, "s2"), 4096, never);
    await o.romeo.open(4096, "s2");
    (await other).close();
    expect(await o.romeo.close()).toBe("cancel item-not-found"); // long ago
  });

  test("a sink that fails, and a signal, end the receiving; a stream that nobody uses ends by itself", async () => {
    const failing = await opened();
    const fault = failing.stream.receive(100, async () => Promise.reject(new Error("disk")), never);
    void failing.romeo.data(0, Buffer.alloc(100));
    await expect(fault).rejects.toThrow("disk");
    failing.stream.close();

    const controller = new AbortController();
    const stopped = await opened();
    const waiting = stopped.stream.receive(100, new Sink().take, controller.signal);
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(stopped.bot.stream.take()).toEqual([]);
    stopped.stream.close();
    expect(stopped.bot.stream.take()).toHaveLength(1);

    const unused = await opened();
    await unused.clock.turn(301 * SECOND);
    expect(await unused.romeo.data(0, "QUJD")).toBe("cancel item-not-found");
    expect(unused.clock.waiting).toBe(0);
  });

  test("an expectation ends with its signal; each is one, and one person has only so many", async () => {
    const bot = end(new FakeClock());
    const controller = new AbortController();
    const all = Array.from({ length: 16 }, (_, i) => bot.inBand.expect(address(BOT, ROMEO, `s${i}`), 4096, controller.signal)); // prettier-ignore
    expect(await codeOf(bot.inBand.expect(address(BOT, ROMEO, "more"), 4096, never))).toBe("stream-unreachable");
    expect(await codeOf(bot.inBand.expect(address(BOT, ROMEO, "s3"), 4096, never))).toBe("stream-unreachable");
    controller.abort(new Error("enough"));
    for (const one of all) await expect(one).rejects.toThrow("enough");
    expect(await speaker(bot).open(4096, "s3")).toBe("cancel not-acceptable");
    await expect(bot.inBand.expect(address(BOT, ROMEO), 4096, controller.signal)).rejects.toThrow("enough");
    const again = bot.inBand.expect(address(BOT, ROMEO, "s3"), 4096, never);
    expect(await speaker(bot).open(4096, "s3")).toBe("result");
    (await again).close();
  });
});

describe("going out", () => {
  test("so many blocks are under way and no more; end waits for all of them, then closes", async () => {
    const { bot, stream } = await opening();
    const answers: (() => void)[] = [];
    bot.stream.answer = (iq) => new Promise((resolve) => answers.push(() => resolve(xml("iq", { id: String(iq.attrs["id"]), type: "result" })))); // prettier-ignore
    let written = false;
    const writing = stream.write(Buffer.alloc(4096 * 20)).then(() => (written = true));
    await settled();
    expect(blocks(bot)).toEqual(Array.from({ length: 16 }, (_, i) => i));
    for (const answer of answers.splice(0, 4)) answer();
    await settled();
    expect([written, blocks(bot)]).toEqual([true, [16, 17, 18, 19]]);
    await writing;
    const ending = stream.end();
    for (const answer of answers.splice(0, 15)) answer();
    await settled();
    expect(bot.stream.take()).toEqual([]);
    answers.pop()!();
    await settled();
    expect(bot.stream.take().map((s) => s.getChildElements()[0]!.name)).toEqual(["close"]);
    answers.pop()!();
    await ending;
  });

  test.each([
    ["refuses the close", new StanzaError("item-not-found", "cancel")],
    ["never answers it", undefined],
  ])("a peer who %s has taken it all the same", async (_, answer) => {
    const { bot, stream } = await opening();
    await stream.write(Buffer.alloc(10));
    bot.stream.answer = (iq) => {
      if (!iq.getChild("close", NS)) return iq;
      if (answer) throw answer;
      return undefined;
    };
    await stream.end();
  });

  test("a peer who closes at the same time, or as soon as he has all", async () => {
    const { bot, romeo, stream } = await opening();
    await stream.write(Buffer.alloc(4096));
    await settled();
    expect(await romeo.close()).toBe("result");
    await stream.end();
    expect(blocks(bot)).toEqual([0]);

    const other = await opening();
    other.bot.stream.answer = async (iq) => {
      if (iq.getChild("close", NS)) await other.romeo.close();
      return iq;
    };
    await other.stream.write(Buffer.alloc(10));
    await other.stream.end();
  });

  test("a peer who closes and then answers what he has got", async () => {
    const { bot, romeo, stream } = await opening();
    const answers: ((e?: Error) => void)[] = [];
    bot.stream.answer = (iq) => new Promise((resolve, reject) => answers.push((e) => (e ? reject(e) : resolve(iq)))); // prettier-ignore
    await stream.write(Buffer.alloc(4096 * 2));
    await settled();
    await romeo.close();
    const ending = codeOf(stream.end());
    answers[0]!();
    answers[1]!();
    expect(await ending).toBe("");
    expect(await codeOf(stream.write(Buffer.alloc(4096)))).toBe("stream-cut");
  });

  test.each<[string, (o: Open) => unknown]>([
    ["the peer refuses a block", ({ bot }) => void (bot.stream.answer = () => { throw new StanzaError("recipient-unavailable", "wait"); })], // prettier-ignore
    ["nobody answers a block", ({ bot }) => void (bot.stream.answer = () => undefined)],
    ["the peer closes before the end", ({ romeo }) => romeo.close()],
    ["the peer has gone offline", ({ romeo }) => romeo.unavailable()],
    ["the server has gone", ({ bot }) => bot.inBand.disconnected()],
    ["we let go", ({ stream }) => stream.close()],
  ])("%s: cut", async (_, act) => {
    const o = await opening();
    await o.stream.write(Buffer.alloc(100_000));
    await act(o);
    const rest = async (): Promise<void> => {
      await o.stream.write(Buffer.alloc(100_000));
      await o.stream.end();
    };
    expect(await codeOf(rest())).toBe("stream-cut");
    expect(await codeOf(o.stream.end())).toMatch(/^(stream-cut)?$/);
    await o.clock.turn(10 * SECOND);
    expect(o.clock.waiting).toBe(0);
  });

  test("an open that is refused, never answered, or given up", async () => {
    const bot = end(new FakeClock());
    const open = (signal = never): Promise<ByteStream> => bot.inBand.open(address(BOT, ROMEO), 4096, signal);
    const sent = (): string[] => bot.stream.take().map((s) => s.getChildElements()[0]!.name);
    bot.stream.answer = () => { throw new StanzaError("not-acceptable", "cancel"); }; // prettier-ignore
    expect([await codeOf(open()), sent()]).toEqual(["stream-unreachable", ["open"]]);
    bot.stream.answer = () => { throw new StanzaError("resource-constraint", "modify"); }; // prettier-ignore
    expect([await codeOf(open()), sent()]).toEqual(["stream-unreachable", Array(5).fill("open")]);
    bot.stream.answer = () => undefined;
    expect([await codeOf(open()), sent()]).toEqual(["stream-unreachable", ["open", "close"]]);
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    await expect(open(controller.signal)).rejects.toThrow("enough");
    expect(sent()).toEqual([]);
    // none of these is left over
    for (let i = 0; i < 20; i++) expect(await codeOf(open())).toBe("stream-unreachable");
  });
});

describe("in any order", () => {
  type Act = readonly [what: string, seq: number];
  const act = fc.tuple(
    fc.constantFrom("data", "data", "data", "bad", "long", "close", "unavailable", "write", "write", "end", "let go", "hold", "go", "wait"), // prettier-ignore
    fc.nat(3),
  );

  test("every wait ends, nothing is left, and what was acknowledged in order has come in", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), fc.boolean(), async (acts: Act[], receives) => {
        const o = await opened(8);
        const { clock, bot, romeo, stream } = o;
        let round = 0;
        bot.stream.answer = (iq) => {
          if (++round % 5 === 0) throw new StanzaError("item-not-found", "cancel");
          return round % 7 === 0 ? undefined : iq;
        };
        const sink = new Sink();
        const waits: Promise<unknown>[] = [];
        if (receives) waits.push(codeOf(stream.receive(1000, sink.take, never)));
        let next = 0;
        let writing: Promise<unknown> = Promise.resolve();
        let taken = "";
        for (const [what, seq] of acts) {
          const letter = String.fromCharCode(65 + (next % 26)).repeat(3);
          if (what === "data") {
            // mostly the right one
            const right = seq > 0;
            const answer = romeo.data(right ? next : seq, Buffer.from(letter));
            if (right) next++;
            waits.push(answer);
            if ((await Promise.race([answer, settled()])) === "result") taken += letter;
          } else if (what === "bad") waits.push(romeo.data(next, "*"));
          else if (what === "long") waits.push(romeo.data(next, Buffer.alloc(9)));
          else if (what === "close") waits.push(romeo.close());
          else if (what === "unavailable" && seq === 0) void romeo.unavailable();
          else if (what === "write") writing = writing.then(() => codeOf(stream.write(Buffer.alloc(seq * 50))));
          else if (what === "end" && seq === 0) writing = writing.then(() => codeOf(stream.end()));
          else if (what === "let go" && seq === 0) stream.close();
          else if (what === "hold") sink.hold();
          else if (what === "go") sink.go();
          else if (what === "wait") await clock.turn(seq * 20 * SECOND);
          await settled();
        }
        sink.go();
        for (let minutes = 0; minutes < 12; minutes++) await clock.turn(60 * SECOND);
        expect(clock.waiting).toBe(0);
        expect(await romeo.data(next, "QUJD")).toBe("cancel item-not-found");
        await Promise.all([...waits, writing]);
        if (receives) expect(sink.bytes.toString()).toBe(taken);
      }),
      { numRuns: 150, timeout: 5000 },
    );
  }, 120_000);
});
