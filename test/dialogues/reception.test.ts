/** Files that come in by byte streams: the whole component in memory, with the senders' side played. Bytes lie on disk where the program has two lives. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { TAIL, type BlobStore, type IncomingFile, type Reception } from "../../component/control/ports.js";
import { Refusal } from "../../component/lib/errors.js";
import { bare, bareOf, toJid, type FullJid } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import { DiskBlobStore } from "../../component/storage/blob/disk.js";
import { MemoryBlobStore } from "../../component/storage/blob/memory.js";
import { refusalOf, content, drain } from "../contracts/blobstore/bytes.js";
import { BOT, OfficeStage } from "../harness/office-stage.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

const ROMEO = "romeo@example.org";
const JULIET = "juliet@example.org";
const BYTES = content(300_000);
const SHA256 = createHash("sha256").update(BYTES).digest("hex");
const FILE: IncomingFile = { name: "film.mkv", size: BYTES.length };
const CUT = new Refusal("stream-cut", { name: "film.mkv" });

let stage: OfficeStage;
let memory: MemoryBlobStore;
beforeEach(async () => {
  memory = new MemoryBlobStore();
  stage = await new OfficeStage("sqlite::memory:", {}, { blobs: memory }).start();
  await stage.befriend(ROMEO);
  await stage.online(ROMEO);
});
afterEach(() => stage.stop());

const offer = (file: Partial<IncomingFile> = {}, from = `${ROMEO}/home`): Promise<Reception> =>
  stage.office.receive(toJid(from) as FullJid, bare(BOT), { ...FILE, ...file }, "si");

/** The bytes from `from` to `to` come in, in pieces whose memory is used again. */
async function give(reception: Reception, from = 0, to = BYTES.length, bytes = BYTES): Promise<void> {
  const piece = Buffer.alloc(10_000);
  for (let at = from; at < to; at += piece.length) {
    const n = bytes.copy(piece, 0, at, Math.min(to, at + piece.length));
    await reception.write(piece.subarray(0, n));
    piece.fill(0xee);
  }
}

async function whole(file: Partial<IncomingFile> = {}): Promise<void> {
  const reception = await offer(file);
  await reception.begin(0);
  await give(reception);
  await reception.complete();
  await stage.settle();
}

async function cutAt(end: number, file: Partial<IncomingFile> = {}): Promise<void> {
  const reception = await offer(file);
  await reception.begin(reception.held);
  await give(reception, reception.held, end);
  await reception.fail(CUT);
  await stage.settle();
}

const list = async (): Promise<string> => {
  stage.heard(ROMEO);
  await stage.say(`${ROMEO}/home`, "list");
  return stage.heard(ROMEO).join("\n");
};

/** The store has nothing but what the records know, and after a sweep nothing but files and what is set aside. */
async function keys(blobs: BlobStore = memory): Promise<number> {
  await stage.housekeeping.sweep();
  const known = new Set<string>();
  for await (const key of stage.index.knownKeys()) known.add(key);
  let count = 0;
  for await (const key of blobs.keys()) {
    expect(known).toContain(key);
    count++;
  }
  return count;
}

async function isKept(blobs: BlobStore = memory): Promise<void> {
  const [file] = await stage.index.files(bare(ROMEO), undefined, 1);
  expect(file).toMatchObject({ name: "film.mkv", size: BYTES.length, sha256: SHA256 });
  const { blob } = (await stage.index.file(file!.id))!;
  expect((await drain(await blobs.read(blob.key))).equals(BYTES)).toBe(true);
}

describe("a file offered by a client", () => {
  test("is kept, told of, and its type is seen in its bytes", async () => {
    const text = Buffer.from("To be, or not to be");
    const reception = await offer({ name: "a/b\n../hamlet.txt", size: text.length, mediaType: "image/png" });
    expect(reception.held).toBe(0);
    await reception.begin(0);
    await reception.write(text);
    await reception.complete();
    await reception.fail(CUT); // says nothing any more
    await stage.settle();
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/I keep hamlet\.txt \(19 bytes\) as number 1.*send 1 to ADDRESS/)]); // prettier-ignore
    expect(await stage.index.files(bare(ROMEO), undefined, 9)).toEqual([expect.objectContaining({ name: "hamlet.txt", mediaType: "text/plain" })]); // prettier-ignore
    expect(await keys()).toBe(1);
  });

  test.each<[string, Partial<IncomingFile>, string, string, RegExp[]]>([
    ["of a stranger", {}, "not-a-member", "eve@elsewhere.example/x", []],
    ["that is too large", { size: 1_000_001 }, "too-large", `${ROMEO}/home`, [/film\.mkv is too large/]],
    ["that is empty", { size: 0 }, "empty-file", `${ROMEO}/home`, [/film\.mkv is empty/]],
  ])("%s is refused before a byte, and nothing is on record", async (_, file, code, from, words) => {
    expect(await refusalOf(offer(file, from))).toBe(code);
    await stage.settle();
    // A member is told in chat, too, because clients keep the reason to themselves.
    expect(stage.heard(bareOf(toJid(from)!))).toEqual(words.map((word) => expect.stringMatching(word)));
    expect(await stage.index.contact(bare("eve@elsewhere.example"))).toBeUndefined();
    expect(await keys()).toBe(0);
  });

  test("finds room beside files, what comes in, and what was set aside", async () => {
    await stage.stop();
    stage = await new OfficeStage("sqlite::memory:", { transfers: 9, quota: 1_000_000 }, { blobs: memory }).start();
    await stage.befriend(ROMEO);
    await cutAt(200_000);
    await offer({ size: 500_000, name: "a" });
    expect(await refusalOf(offer({ size: 300_001, name: "b" }))).toBe("over-quota");
    const b = await offer({ size: 200_001, name: "b" });
    expect(await refusalOf(offer())).toBe("over-quota");
    await b.fail(CUT);
    expect((await offer()).held).toBe(200_000 - TAIL); // what is here already needs no room twice: 500,000 and 300,000
    expect(await refusalOf(offer({ size: 200_001, name: "b" }))).toBe("over-quota");
    await offer({ size: 200_000, name: "b" });
  });

  test("too many at once, or too many in a minute, have to wait", async () => {
    const open = [await offer(), await offer()];
    expect(await refusalOf(offer())).toBe("too-many-transfers");
    for (const reception of open) await reception.fail(CUT);
    for (let i = 0; i < 97; i++) await offer({ size: 0 }).catch(() => undefined);
    expect(await refusalOf(offer())).toBe("too-many-requests");
    expect(await refusalOf(offer())).toBe("too-many-requests");
  });

  test("that brings more bytes than it said is not kept", async () => {
    const reception = await offer({ size: 1000 });
    await reception.begin(0);
    await reception.write(BYTES.subarray(0, 1000));
    expect(await refusalOf(reception.write(BYTES.subarray(0, 1)))).toBe("larger-than-said");
    await reception.fail(new Refusal("larger-than-said", { name: "film.mkv", size: "1000 bytes" }));
    await stage.settle();
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/film\.mkv was not kept.*more bytes than were announced/)]); // prettier-ignore
    expect(await keys()).toBe(0);
  });

  test("that ends early is not kept", async () => {
    const reception = await offer();
    await reception.begin(0);
    await give(reception, 0, 299_999);
    expect(await refusalOf(reception.complete())).toBe("shorter-than-said");
    await stage.settle();
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/not kept/)]);
    expect(await keys()).toBe(0);
  });

  test.each(["announced", "said afterwards"])("whose hash is not the one that was %s is not kept", async (when) => {
    const wrong = "ab".repeat(32);
    const reception = await offer(when === "announced" ? { sha256: wrong } : {});
    await reception.begin(0);
    await give(reception);
    expect(await refusalOf(reception.complete(when === "announced" ? SHA256 : wrong))).toBe("wrong-hash");
    await stage.settle();
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/not kept.*damaged/)]);
    expect(await keys()).toBe(0);
  });

  test("with the right hashes is", async () => {
    await whole({ sha256: SHA256 });
    await isKept();
  });

  test("that never began leaves nothing but a word", async () => {
    const reception = await offer();
    await reception.fail(new Refusal("stream-unreachable", { name: "film.mkv" }));
    await stage.settle();
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/film\.mkv was not kept. I could not connect to your client/)]); // prettier-ignore
    expect([await keys(), await list()]).toEqual([0, expect.not.stringContaining("film")]);
  });

  test("that is cut before its first byte has nothing to go on from, and is not said to", async () => {
    const reception = await offer();
    await reception.begin(0);
    await reception.fail(CUT);
    await stage.settle();
    expect(stage.heard(ROMEO)).toEqual(["film.mkv was not kept. The transfer of film.mkv was cut. Please send it again."]); // prettier-ignore
    expect([await keys(), await list()]).toEqual([0, expect.not.stringContaining("film")]);
  });

  test("shows how far it is when it takes long", async () => {
    const reception = await offer();
    await reception.begin(0);
    await give(reception, 0, 100_000);
    expect(stage.heard(ROMEO)).toEqual([]);
    await stage.clock.turn(4_000);
    await give(reception, 100_000, 150_000);
    await stage.settle();
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/^Receiving film\.mkv \(293\.0 KiB\) …/)]);
    await give(reception, 150_000);
    await reception.complete();
    await stage.settle();
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/^Received film\.mkv/), expect.stringMatching(/I keep/)]);
  });
});

describe("our own parts", () => {
  test.each([
    ["down", "storage-down"],
    ["full", "disk-full"],
  ] as const)("a storage that is %s ends it with the right words, and leaves nothing", async (trouble, code) => {
    const reception = await offer();
    await reception.begin(0);
    await give(reception, 0, 50_000);
    memory.trouble = trouble;
    const no = await reception.write(BYTES.subarray(50_000, 60_000)).catch((e: unknown) => e as Refusal);
    expect((no as Refusal).code).toBe(code);
    await reception.fail(no as Refusal);
    await stage.settle();
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/film\.mkv was not kept/)]);
    memory.trouble = "none";
    expect(await keys()).toBe(0);
  });

  test("records that are down when it has come whole are waited for", async () => {
    const reception = await offer();
    await reception.begin(0);
    await give(reception);
    const { index } = stage;
    const real = index.keep.bind(index);
    index.keep = () => Promise.reject(new Refusal("index-down"));
    let isDone = false;
    const done = reception.complete().then(() => (isDone = true));
    await stage.settle();
    await stage.clock.turn(20_000);
    expect([isDone, stage.heard(ROMEO)]).toEqual([false, [expect.stringMatching(/My storage does not answer/)]]);
    index.keep = real;
    await stage.clock.turn(5_000);
    await done;
    await isKept();
  });

  test("records that are down before it begins refuse it", async () => {
    const reception = await offer();
    stage.index.beginIntake = () => Promise.reject(new Refusal("index-down"));
    expect(await refusalOf(reception.begin(0))).toBe("index-down");
    await reception.fail(new Refusal("index-down"));
    stage.index.cutIntakes = () => Promise.reject(new Refusal("index-down"));
    expect(await refusalOf(offer())).toBe("index-down");
  });
});

describe("a transfer that is cut", () => {
  test("is told of, listed, and goes on when it is sent again", async () => {
    await cutAt(123_456);
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/film\.mkv was cut: I have 120\.6 KiB of 293\.0 KiB.*“del film\.mkv” forgets it/)]); // prettier-ignore
    expect(await list()).toMatch(/Cut on the way.*\nfilm\.mkv · 120\.6 KiB of 293\.0 KiB · until 2026-01-02/);
    const again = await offer();
    expect(again.held).toBe(123_456 - TAIL);
    expect(await list()).not.toContain("film.mkv");
    await again.begin(again.held);
    await give(again, again.held);
    await again.complete();
    await stage.settle();
    await isKept();
    expect(await keys()).toBe(1);
  });

  test("again and again, and the sender may go back", async () => {
    for (const end of [10_000, 20_000, 250_000]) await cutAt(end);
    const again = await offer();
    expect(again.held).toBe(250_000 - TAIL);
    expect(await refusalOf(again.begin(250_001 - TAIL))).toBe("range-not-satisfiable");
    await again.fail(CUT);
    const back = await offer();
    await back.begin(99_999);
    await give(back, 99_999);
    await back.complete(SHA256);
    await isKept();
  });

  test.each<[string, Partial<IncomingFile>, number]>([
    ["", {}, TAIL],
    [" with a hash", { sha256: SHA256 }, 1],
  ])("at the very end%s is not gone on with behind its last byte", async (_, file, again) => {
    await cutAt(BYTES.length, file);
    const last = await offer(file);
    expect(last.held).toBe(BYTES.length - again);
    await last.begin(last.held);
    await give(last, last.held);
    await last.complete();
    await isKept();
  });

  test("with less here than would be sent again, comes from its beginning", async () => {
    await cutAt(TAIL);
    const again = await offer();
    expect(again.held).toBe(0);
    await again.begin(0);
    await give(again);
    await again.complete();
    await isKept();
    expect(await keys()).toBe(1);
  });

  test("again while it sends what is here already has lost nothing, and is not whole", async () => {
    await cutAt(BYTES.length);
    await cutAt(BYTES.length - TAIL + 10);
    expect(await list()).toContain("film.mkv · 293.0 KiB of 293.0 KiB");
    const again = await offer();
    await again.begin(again.held);
    await give(again, again.held, BYTES.length - 1);
    expect(await refusalOf(again.complete())).toBe("shorter-than-said");
    expect(await stage.index.files(bare(ROMEO), undefined, 9)).toEqual([]);
  });

  const AT = 200_000;
  test.each([
    ["the last byte that is here", AT - 1, AT - TAIL],
    ["the first one that is sent again", AT - TAIL, AT - TAIL],
    ["one of those, where its sender goes further back", AT - TAIL, 99_999],
  ])("is not made one with another file of that name and size: different in %s", async (_, differs, from) => {
    await stage.befriend(JULIET);
    await cutAt(AT);
    stage.heard(ROMEO);
    const other = Buffer.from(BYTES);
    other[differs]! ^= 1;
    const reception = await offer();
    await reception.begin(from);
    const no = await give(reception, from, BYTES.length, other).catch((e: unknown) => e as Refusal);
    expect(no).toMatchObject({ code: "other-file", details: { name: expect.anything() } });
    await reception.fail(no as Refusal);
    await stage.settle();
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/^film\.mkv was not kept\. What I had of film\.mkv is of another file.*send it again/)]); // prettier-ignore
    expect([await keys(), await list()]).toEqual([0, expect.not.stringContaining("film")]);
    expect((await offer()).held).toBe(0);
    await whole();
    await isKept();
  });

  test("and sent from its beginning, is taken from its beginning", async () => {
    const other = Buffer.alloc(BYTES.length, 1);
    const reception = await offer();
    await reception.begin(0);
    await give(reception, 0, 100_000, other);
    await reception.fail(CUT);
    await whole();
    await isKept();
    expect(await keys()).toBe(1);
  });

  test.each<[string, Partial<IncomingFile>, number]>([
    ["another size", { size: 299_999 }, 0],
    ["another name", { name: "film (1).mkv" }, 0],
    ["another hash", { sha256: "ab".repeat(32) }, 0],
    ["the same hash", { sha256: SHA256 }, 50_000],
    ["no hash", {}, 50_000], // the whole has to have the one that is known
  ])("is not taken for one of %s", async (_, file, held) => {
    await cutAt(50_000, { sha256: SHA256 });
    const again = await offer(file);
    expect(again.held).toBe(held);
    await again.fail(CUT);
    await stage.befriend(JULIET);
    const hers = await offer({}, `${JULIET}/x`);
    expect(hers.held).toBe(0);
    await hers.fail(CUT);
  });

  test("is lost by nothing that its sender does meanwhile, and forgotten by `del` or by time", async () => {
    await cutAt(50_000);
    const came = await offer();
    await came.fail(new Refusal("no-method", { name: "film.mkv" })); // to nothing
    expect(await list()).toContain("film.mkv · 48.8 KiB");
    await stage.say(`${ROMEO}/home`, "del FILM.mkv");
    expect(stage.heard(ROMEO)).toEqual(["Forgotten: what I had of film.mkv."]);
    expect([await keys(), await list()]).toEqual([0, expect.not.stringContaining("film")]);
    await cutAt(150_000);
    await stage.clock.turn(864e5);
    expect((await offer()).held).toBe(0);
    await stage.housekeeping.ends.round();
    expect([await keys(), await list()]).toEqual([0, expect.not.stringContaining("film")]);
  });

  test("is one of ten at the most", async () => {
    for (let i = 0; i < 12; i++) {
      await cutAt(10_000, { name: `film${i}` });
      await stage.clock.turn(1_000);
    }
    expect((await stage.index.cutIntakes(bare(ROMEO), 99)).map((c) => c.name).at(-1)).toBe("film2");
    expect(await keys()).toBe(10);
  });
});

describe("a file with a name beside it", () => {
  test("goes to whom it names as soon as it is here, with the words of `send`", async () => {
    await stage.befriend(JULIET);
    await stage.index.block(bare("nurse@example.org"), ROMEO, true);
    await whole({ description: "for juliet@example.org, nurse@example.org" });
    expect(stage.heard(ROMEO)).toEqual([
      expect.stringMatching(/I keep film\.mkv/),
      "film.mkv (number 1) waits for juliet@example.org. I offer it the moment that juliet@example.org is there.\nnurse@example.org does not take files from you.", // prettier-ignore
    ]);
    stage.heard(JULIET);
    await stage.online(JULIET);
    expect(stage.heard(JULIET)).toEqual([expect.stringMatching(/has a file for you: film\.mkv/), expect.stringMatching(/^https:/)]); // prettier-ignore
  });

  test("and with anything else, is just kept", async () => {
    await whole({ description: "holidays; juliet@example.org must not see it" });
    expect(stage.heard(ROMEO)).toHaveLength(1);
  });
});

describe("over two lives", () => {
  let folder: TempFolder;
  let disk: DiskBlobStore;
  beforeEach(async () => {
    folder = await tempFolder();
    await stage.stop();
    await life();
    await stage.befriend(ROMEO);
    await stage.online(ROMEO);
  });
  afterEach(() => folder.remove());

  async function life(): Promise<void> {
    disk = new DiskBlobStore(join(folder.path, "blobs"), createLog("silent"));
    await disk.start();
    const limits = { file: 5_000_000, quota: 9_000_000 };
    stage = await new OfficeStage(`sqlite:${join(folder.path, "r.db")}`, limits, { blobs: disk }).start();
  }

  /** Nothing is set aside, and the records say that it is under way. */
  async function died(): Promise<void> {
    await stage.index.stop();
  }

  /** The next process finds what this one had in hand, and has looked through it. */
  async function nextLife(): Promise<void> {
    await life();
    await stage.housekeeping.recover();
    for (const end = Date.now() + 20_000; Date.now() < end;) {
      if ((await stage.index.noticesFor(bare(ROMEO), 1)).length > 0) break;
      await stage.settle();
    }
    await stage.online(ROMEO);
  }

  test("a stop sets aside what is under way", async () => {
    const reception = await offer({ description: "to juliet@example.org" });
    await reception.begin(0);
    await give(reception, 0, 150_000);
    await stage.stop();
    expect(await refusalOf(reception.write(BYTES.subarray(0, 1)))).toBe("stopping");
    expect(await refusalOf(reception.complete())).toBe("stopping");
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/I have 146\.5 KiB of/)]);
    await life();
    await stage.online(ROMEO);
    const again = await offer();
    expect(again.held).toBe(150_000 - TAIL);
    await again.begin(again.held);
    await give(again, again.held);
    await again.complete();
    await stage.settle();
    await isKept(disk);
    expect((await stage.index.sentBy(bare(ROMEO), undefined, 9)).map((p) => p.recipient)).toEqual([JULIET]);
    expect(await keys(disk)).toBe(1);
  });

  const LONG = content(3 * 2 ** 20);
  const LONG_FILE = { size: LONG.length, sha256: createHash("sha256").update(LONG).digest("hex") };

  test.each([
    ["in the middle", 2_500_000, /was cut: I have 2\.0 MiB of 3\.0 MiB/],
    ["after its last byte", 3 * 2 ** 20, /I keep film\.mkv/],
  ])("a death %s loses nothing that the disk has", async (_, end, told) => {
    const reception = await offer(LONG_FILE);
    await reception.begin(0);
    await give(reception, 0, end, LONG);
    await died();
    await nextLife();
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(told)]);
    if (end < LONG.length) {
      const again = await offer(LONG_FILE);
      expect(again.held).toBe(2 ** 21);
      await again.begin(2 ** 21);
      await give(again, 2 ** 21, LONG.length, LONG);
      await again.complete();
    }
    expect(await stage.index.files(bare(ROMEO), undefined, 9)).toEqual([expect.objectContaining(LONG_FILE)]);
    expect(await keys(disk)).toBe(1);
  });

  test("a death between the bytes and their record loses nothing either", async () => {
    const reception = await offer(LONG_FILE);
    await reception.begin(0);
    await give(reception, 0, LONG.length, LONG);
    const tried = new Promise<void>((resolve) => {
      stage.index.keep = () => Promise.reject(new Refusal("index-down")).finally(resolve);
    });
    const end = refusalOf(reception.complete());
    await tried;
    await stage.stop();
    expect(await end).toBe("index-down");
    await nextLife();
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/I keep film\.mkv/)]);
    expect(await stage.index.files(bare(ROMEO), undefined, 9)).toEqual([expect.objectContaining(LONG_FILE)]);
    expect(await keys(disk)).toBe(1);
  });
});
