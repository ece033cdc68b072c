/** Files that are offered while they come in: the whole component in memory, with both clients' sides of the byte streams played. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { TAIL, type BlobStore, type IncomingFile, type Reception } from "../../component/control/ports.js";
import { Refusal } from "../../component/lib/errors.js";
import { bare, toJid, type FullJid } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import { DiskBlobStore } from "../../component/storage/blob/disk.js";
import { MemoryBlobStore } from "../../component/storage/blob/memory.js";
import { content, refusalOf } from "../contracts/blobstore/bytes.js";
import { BOT, OfficeStage } from "../harness/office-stage.js";
import { PlayedMethod, type PlayedOffer } from "../harness/played-method.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

const ROMEO = "romeo@example.org";
const JULIET = "juliet@example.org";
const BYTES = content(300_000);
const HALF = 150_000;
const SHA256 = createHash("sha256").update(BYTES).digest("hex");
const CUT = new Refusal("stream-cut", { name: "film.mkv" });
const COMING = /romeo@example\.org is sending you a file: film\.mkv/;
const OFFER = /romeo@example\.org has a file for you: film\.mkv .*decline 1/;
const A_LINK = /^https:\/\/files\.example\.org\/g\//;

let folder: TempFolder;
let stage: OfficeStage;
let dino: PlayedMethod;
let blobs: BlobStore;

/** A life of the program; "dino" and "gajim" take streams, other clients links only. */
async function life(bytes: BlobStore = new MemoryBlobStore()): Promise<void> {
  dino = new PlayedMethod("jingle", ["dino", "gajim"]);
  blobs = bytes;
  stage = await new OfficeStage(`sqlite:${join(folder.path, "r.db")}`, {}, { blobs, streams: [dino] }).start();
}

beforeEach(async () => {
  folder = await tempFolder();
  await life();
  await stage.befriend(ROMEO);
  await stage.befriend(JULIET);
  await stage.online(ROMEO);
});
afterEach(async () => {
  await stage.stop();
  await folder.remove();
});

async function offer(file: Partial<IncomingFile> = {}): Promise<Reception> {
  const all = { name: "film.mkv", size: BYTES.length, description: `to ${JULIET}`, ...file };
  const reception = await stage.office.receive(toJid(`${ROMEO}/home`) as FullJid, bare(BOT), all, "si");
  await reception.begin(reception.held);
  await stage.settle();
  return reception;
}

async function give(reception: Reception, from = 0, to = BYTES.length): Promise<void> {
  for (let at = from; at < to; at += 10_000) await reception.write(BYTES.subarray(at, Math.min(to, at + 10_000)));
  await stage.settle();
}

async function complete(reception: Reception): Promise<void> {
  await reception.complete();
  await stage.settle();
}

/** The recipient's end of one offer: takes it as a method's client does. */
class Taker {
  readonly chunks: Buffer[] = [];
  readonly ended: Promise<unknown>;

  constructor(
    readonly offer: PlayedOffer,
    from = 0,
    gate: Promise<void> = Promise.resolve(),
  ) {
    this.ended = this.#take(from, gate);
    this.ended.catch(() => undefined); // looked at by the test
  }

  async #take(from: number, gate: Promise<void>): Promise<void> {
    const { order } = this.offer;
    await this.offer.tell({ type: "moving" });
    const reader = await order.read({ start: from, end: BYTES.length });
    let at = from;
    await reader.pour(async (chunk) => {
      at += chunk.length;
      if (at === BYTES.length) await this.offer.tell({ type: "last" });
      if (this.offer.withdrawn) throw CUT;
      this.chunks.push(Buffer.from(chunk));
      await gate;
    });
    await this.offer.tell({ type: "delivered" });
  }

  get got(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

type Word = "moving" | "last" | "delivered" | "declined" | "cut";
async function tell(offer: PlayedOffer, ...types: Word[]): Promise<void> {
  for (const type of types) await offer.tell({ type });
  await stage.settle();
}

const states = async (): Promise<string[]> =>
  (await stage.index.sentBy(bare(ROMEO), undefined, 10)).map((p) => p.state);
const history = async (): Promise<string[]> => {
  const [parcel] = await stage.index.sentBy(bare(ROMEO), undefined, 1);
  return (await stage.index.history(parcel!.id)).map((h) => `${h.event} ${h.detail}`.trim());
};
const DELIVERED = ["create", "offer jingle", "begin jingle", "last jingle", "complete jingle"];

describe("a file for somebody who is there", () => {
  beforeEach(() => stage.online(JULIET, "dino"));

  test("is had while it comes, but for its last piece; that follows when it is kept, and all is told once", async () => {
    const reception = await offer();
    expect(stage.heard(JULIET)).toEqual([expect.stringMatching(COMING)]);
    expect(dino.offers.map(({ order }) => order.parcel.sha256)).toEqual([""]);
    const taker = new Taker(dino.last);
    await give(reception, 0, HALF);
    expect(taker.got.equals(BYTES.subarray(0, HALF))).toBe(true);
    await give(reception, HALF);
    expect(taker.got.length).toBeGreaterThan(HALF);
    expect(taker.got.length).toBeLessThan(BYTES.length);
    expect([stage.heard(ROMEO), await states()]).toEqual([[], []]);
    await complete(reception);
    await taker.ended;
    await stage.settle();
    expect(taker.got.equals(BYTES)).toBe(true);
    expect((await dino.last.order.kept!).parcel.sha256).toBe(SHA256);
    expect(await history()).toEqual(DELIVERED);
    const told = stage.heard(ROMEO);
    expect(told[0]).toMatch(/I keep film\.mkv/);
    expect(told.filter((line) => /juliet@example\.org has film\.mkv/.test(line))).toHaveLength(1);
    expect(dino.offers).toHaveLength(1);
    expect(stage.heard(JULIET)).toEqual([]);
    await stage.clock.turn(36e5);
    expect([dino.offers.length, stage.heard(JULIET)]).toEqual([1, []]);
  });

  test("does not wait for her: she is slow, and has it in the end", async () => {
    let open = (): void => {};
    const reception = await offer();
    const taker = new Taker(dino.last, 0, new Promise((resolve) => (open = resolve)));
    await give(reception);
    await complete(reception);
    expect(stage.heard(ROMEO)[0]).toMatch(/I keep film\.mkv/);
    expect(taker.got.length).toBeLessThan(BYTES.length);
    expect(await states()).toEqual(["moving"]);
    open();
    await taker.ended;
    await stage.settle();
    expect(taker.got.equals(BYTES)).toBe(true);
    expect(await history()).toEqual(DELIVERED);
  });

  test("accepted between its last byte and its being kept, or after: it makes no difference", async () => {
    const reception = await offer();
    await give(reception);
    await complete(reception);
    expect([await states(), dino.offers.length]).toEqual([["offered"], 1]);
    const taker = new Taker(dino.last);
    await taker.ended;
    await stage.settle();
    expect(taker.got.equals(BYTES)).toBe(true);
    expect(await history()).toEqual(DELIVERED);
  });

  test("is held as usual when she goes away in the middle, and offered when she is back", async () => {
    const reception = await offer();
    const offered = dino.last;
    const taker = new Taker(offered);
    await give(reception, 0, HALF);
    await stage.offline(JULIET, "dino");
    await tell(offered, "cut");
    await give(reception, HALF);
    await complete(reception);
    expect(await refusalOf(taker.ended)).toBe("stream-cut");
    expect([await states(), dino.offers.length]).toEqual([["waiting"], 1]);
    await stage.online(JULIET, "dino");
    const again = new Taker(dino.last, HALF);
    await again.ended;
    await stage.settle();
    expect(again.got.equals(BYTES.subarray(HALF))).toBe(true);
    expect(await history()).toEqual(DELIVERED);
  });

  test("that breaks off ends hers, and is offered to her again when it goes on", async () => {
    const reception = await offer();
    const taker = new Taker(dino.last);
    await give(reception, 0, HALF);
    await reception.fail(CUT);
    expect(dino.last.withdrawn).toBe(true);
    expect(await refusalOf(taker.ended)).toBe("stream-cut");
    expect([await states(), dino.offers.length]).toEqual([[], 1]);
    const rest = await offer();
    expect(rest.held).toBe(HALF - TAIL);
    await give(rest, rest.held, HALF - 1);
    expect(dino.offers).toHaveLength(1); // it may still be another file
    await give(rest, HALF - 1, HALF);
    expect(dino.offers).toHaveLength(2);
    const again = new Taker(dino.last, HALF);
    await give(rest, HALF);
    await complete(rest);
    await again.ended;
    await stage.settle();
    expect(Buffer.concat([taker.got, again.got]).equals(BYTES)).toBe(true);
    expect(await history()).toEqual(DELIVERED);
  });

  test("whose bytes are wrong is never hers", async () => {
    const reception = await offer();
    const taker = new Taker(dino.last);
    await give(reception);
    expect(await refusalOf(reception.complete("00".repeat(32)))).toBe("wrong-hash");
    await stage.settle();
    expect(await refusalOf(taker.ended)).toBe("stream-cut");
    expect(taker.got.length).toBeLessThan(BYTES.length);
    expect([dino.last.withdrawn, dino.offers.length, await states()]).toEqual([true, 1, []]);
    expect(await stage.index.files(bare(ROMEO), undefined, 1)).toEqual([]);
  });

  test("whose beginning was of other bytes is hers from its first byte on, or by the link", async () => {
    const wrong = await offer();
    const first = new Taker(dino.last);
    await give(wrong);
    expect(await refusalOf(wrong.complete("00".repeat(32)))).toBe("wrong-hash");
    await first.ended.catch(() => undefined);
    const right = await offer();
    const mixing = new Taker(dino.last, HALF);
    expect(await refusalOf(mixing.ended)).toBe("range-not-satisfiable");
    await tell(dino.last, "cut");
    await give(right);
    await complete(right);
    stage.heard(JULIET);
    for (let tries = 0; tries < 10 && !(await states()).includes("delivered"); tries++) {
      const again = new Taker(dino.last, HALF);
      if ((await refusalOf(again.ended)) !== "range-not-satisfiable") break;
      await tell(dino.last, "cut");
      await stage.clock.turn(31_000);
    }
    const url = stage.heard(JULIET).find((line) => A_LINK.test(line));
    expect([await states(), url]).toEqual([["offered"], expect.anything()]);
    expect((await stage.fetch(url!)).equals(BYTES)).toBe(true);
    expect(await states()).toEqual(["delivered"]);
  });

  test("that she takes from its first byte on, after a beginning of other bytes, she may go on with", async () => {
    const wrong = await offer();
    const first = new Taker(dino.last);
    await give(wrong);
    expect(await refusalOf(wrong.complete("00".repeat(32)))).toBe("wrong-hash");
    await first.ended.catch(() => undefined);
    const right = await offer();
    const half = new Taker(dino.last);
    await give(right, 0, HALF);
    await tell(dino.last, "cut");
    await give(right, HALF);
    await complete(right);
    await half.ended.catch(() => undefined);
    const rest = new Taker(dino.last, HALF);
    await rest.ended;
    await stage.settle();
    expect(rest.got.equals(BYTES.subarray(HALF))).toBe(true);
    expect(await history()).toEqual(DELIVERED);
  });

  test("that she says she has already, from an earlier attempt, is not delivered before it is kept", async () => {
    const reception = await offer();
    await tell(dino.last, "moving", "last", "delivered");
    await give(reception);
    expect(await states()).toEqual([]);
    await complete(reception);
    expect(await history()).toEqual(DELIVERED);
  });

  test("that she does not want is kept all the same, and its sender is told then", async () => {
    const reception = await offer();
    await tell(dino.last, "declined");
    await give(reception);
    expect(stage.heard(ROMEO)).toEqual([]);
    await complete(reception);
    expect(stage.heard(ROMEO)).toContainEqual(expect.stringMatching(/juliet@example\.org does not want film\.mkv/));
    expect(await history()).toEqual(["create", "offer jingle", "decline jingle"]);
    expect(dino.offers).toHaveLength(1);
  });

  test("goes by the link too where she is silent, once it is kept", async () => {
    const reception = await offer();
    stage.heard(JULIET);
    await stage.clock.turn(31_000);
    expect(stage.heard(JULIET)).toEqual([]);
    await give(reception);
    await complete(reception);
    const heard = stage.heard(JULIET);
    expect(heard).toEqual([expect.stringMatching(OFFER), expect.stringMatching(A_LINK)]);
    expect(dino.offers.map((o) => o.withdrawn)).toEqual([false]);
    expect((await stage.fetch(heard[1]!)).equals(BYTES)).toBe(true);
    expect(dino.last.withdrawn).toBe(true);
    expect(await states()).toEqual(["delivered"]);
  });

  test("is offered anew where another client is there by the time that it is kept", async () => {
    const reception = await offer();
    const first = dino.last;
    await give(reception);
    await stage.online(JULIET, "gajim");
    await complete(reception);
    expect(first.withdrawn).toBe(true);
    expect(dino.offers.slice(1).map((o) => o.client).sort()).toEqual(["dino", "gajim"]); // prettier-ignore
    expect(await states()).toEqual(["offered"]);
  });

  test("moves on one client only, and a link for another waits until it is kept", async () => {
    await stage.online(JULIET, "gajim");
    await stage.online(JULIET, "converse");
    const reception = await offer();
    const [first, second] = dino.offers;
    expect(stage.heard(JULIET)).toEqual([expect.stringMatching(COMING)]);
    const taker = new Taker(second!);
    await give(reception);
    expect([first!.withdrawn, second!.withdrawn]).toEqual([true, false]);
    await complete(reception);
    await taker.ended;
    await stage.settle();
    expect(stage.heard(JULIET)).toEqual([]);
    expect(await history()).toEqual(DELIVERED);
  });

  test("does not come to her any more when she blocks its sender meanwhile", async () => {
    const reception = await offer();
    const taker = new Taker(dino.last);
    await give(reception);
    await stage.index.block(bare(JULIET), ROMEO, true);
    await complete(reception);
    await stage.clock.turn(60_000);
    expect(await refusalOf(taker.ended)).toBe("stream-cut");
    expect([dino.last.withdrawn, await states()]).toEqual([true, []]);
  });

  test("and the program stops: hers ends, the rest waits for its sender", async () => {
    const reception = await offer();
    const taker = new Taker(dino.last);
    await give(reception, 0, HALF);
    const old = dino.last;
    await stage.stop();
    expect([old.withdrawn, await refusalOf(taker.ended)]).toEqual([true, "stream-cut"]);
    await life(blobs);
    await stage.housekeeping.recover();
    await stage.online(ROMEO);
    await stage.online(JULIET, "dino");
    expect([await states(), dino.offers.length]).toEqual([[], 0]);
    const rest = await offer();
    await give(rest, rest.held);
    await complete(rest);
    expect([await states(), dino.offers.length]).toEqual([["offered"], 1]);
  });
});

describe("it waits until it is kept", () => {
  const waits = async (): Promise<void> => {
    const reception = await offer();
    expect([dino.offers, stage.heard(JULIET)]).toEqual([[], []]);
    await give(reception);
    await complete(reception);
  };

  test("for who is away", async () => {
    await waits();
    expect(await states()).toEqual(["waiting"]);
  });

  test("where her client takes links only", async () => {
    await stage.online(JULIET, "converse");
    await waits();
    expect(stage.heard(JULIET)).toEqual([expect.stringMatching(OFFER), expect.stringMatching(A_LINK)]);
  });

  test("where she has blocked its sender", async () => {
    await stage.online(JULIET, "dino");
    await stage.index.block(bare(JULIET), ROMEO, true);
    await waits();
    expect([await states(), dino.offers]).toEqual([[], []]);
  });

  test("where the store cannot be read meanwhile", async () => {
    await stage.stop();
    class Plain extends MemoryBlobStore {
      override async create(key: string) {
        return Object.defineProperty(await super.create(key), "follow", { value: undefined });
      }
    }
    await life(new Plain());
    await stage.online(JULIET, "dino");
    await waits();
    expect([await states(), dino.offers.length]).toEqual([["offered"], 1]);
  });
});

test.each([
  ["before all of it has come", HALF],
  ["when all of it has come", BYTES.length],
])("the program dies %s: nothing of the offer is on record, and she has it in the end, once", async (_, end) => {
  const disk = new DiskBlobStore(join(folder.path, "blobs"), createLog("silent"));
  await disk.start();
  /** What needs the disk. */
  const until = async (happened: () => Promise<boolean> | boolean): Promise<void> => {
    for (const late = Date.now() + 20_000; Date.now() < late && !(await happened());) await stage.settle();
  };
  const next = async (): Promise<void> => {
    await life(disk);
    await stage.housekeeping.recover();
    await until(async () => (await stage.index.noticesFor(bare(ROMEO), 1)).length > 0);
    await stage.online(ROMEO);
    await stage.online(JULIET, "dino");
  };
  await stage.stop();
  await life(disk);
  await stage.online(ROMEO);
  await stage.online(JULIET, "dino");
  const reception = await offer();
  const taker = new Taker(dino.last);
  await give(reception, 0, end);
  await stage.index.stop(); // nothing more reaches the records, as after kill -9
  await next();
  if (end < BYTES.length) {
    expect([await states(), dino.offers]).toEqual([[], []]);
    const again = await offer();
    await give(again, again.held);
    await complete(again);
  }
  await until(() => dino.offers.length > 0);
  expect(dino.offers).toHaveLength(1);
  const rest = new Taker(dino.last);
  await rest.ended;
  await stage.settle();
  expect(rest.got.equals(BYTES)).toBe(true);
  expect(taker.got.length).toBeLessThan(BYTES.length);
  expect(await history()).toEqual(DELIVERED);
  expect(stage.heard(ROMEO).filter((line) => /juliet@example\.org has film\.mkv/.test(line))).toHaveLength(1);
});
