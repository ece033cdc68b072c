/** What becomes of pictures, and of what pretends to be one: the process that looks at them is the real one. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { MOST_THUMBNAIL, type BlobReader, type Painter, type Picture } from "../../component/control/ports.js";
import type { PictureStudio } from "../../component/inspect/pictures.js";
import { sniff } from "../../component/lib/media-type.js";
import { bomb, noise, photo, studio } from "../harness/pictures.js";

let painter: PictureStudio;
beforeAll(() => void (painter = studio()));
afterAll(() => painter.stop());

const never = new AbortController().signal;

function readerOf(bytes: Buffer): BlobReader {
  return {
    size: bytes.length,
    async pour(sink) {
      for (let at = 0; at < bytes.length; at += 65_536) await sink(bytes.subarray(at, at + 65_536));
    },
    close: async () => undefined,
    async *[Symbol.asyncIterator]() {},
  };
}

const paint = (by: Painter, mediaType: string, bytes: Buffer, signal = never): Promise<Picture | undefined> =>
  by.paint(mediaType, bytes.length, async () => readerOf(bytes), signal);

/** The colour in the middle of the upper and of the lower edge: "red", "blue". */
async function edges({ bytes, width, height }: NonNullable<Picture["thumbnail"]>): Promise<string[]> {
  const pixels = await sharp(Buffer.from(bytes)).removeAlpha().raw().toBuffer();
  return [2, height - 3].map((y) => {
    const at = (y * width + Math.floor(width / 2)) * 3;
    return pixels[at]! > pixels[at + 2]! ? "red" : "blue";
  });
}

describe("pictures", () => {
  test("a photograph stands upright, and does not tell where it was taken", async () => {
    const taken = await photo();
    const exif = (await sharp(taken).metadata()).exif!;
    expect(exif.includes("Telephone")).toBe(true);
    const { width, height, thumbnail } = (await paint(painter, "image/jpeg", taken))!;
    expect([width, height]).toEqual([400, 300]);
    expect([thumbnail!.mediaType, thumbnail!.width, thumbnail!.height]).toEqual(["image/jpeg", 128, 96]);
    expect(thumbnail!.bytes.length).toBeLessThanOrEqual(MOST_THUMBNAIL);
    const small = await sharp(Buffer.from(thumbnail!.bytes)).metadata();
    expect([small.exif, small.orientation, small.xmp, small.icc]).toEqual([undefined, undefined, undefined, undefined]);
    expect([small.width, small.height]).toEqual([128, 96]);
  });

  test.each([
    ["image/png", noise(300, 600).png()],
    ["image/gif", noise(300, 600).gif()],
    ["image/webp", noise(300, 600).webp()],
    ["image/avif", noise(300, 600).avif({ effort: 0 })],
    ["image/jpeg", noise(300, 600).jpeg({ progressive: true })],
  ])("%s", async (mediaType, made) => {
    const bytes = await made.toBuffer();
    expect(await sniff(bytes.subarray(0, 4100), "x")).toBe(mediaType);
    const { width, height, thumbnail } = (await paint(painter, mediaType, bytes))!;
    expect([width, height, thumbnail!.mediaType, thumbnail!.width, thumbnail!.height]).toEqual([300, 600, "image/jpeg", 64, 128]); // prettier-ignore
    expect(await edges(thumbnail!)).toEqual(["red", "blue"]);
  });

  test("what shines through goes on doing so, and is small all the same", async () => {
    const { thumbnail } = (await paint(painter, "image/png", await noise(500, 500, 0.3).png().toBuffer()))!;
    expect(thumbnail!.mediaType).toBe("image/png");
    expect(thumbnail!.bytes.length).toBeLessThanOrEqual(MOST_THUMBNAIL);
    expect((await sharp(Buffer.from(thumbnail!.bytes)).metadata()).hasAlpha).toBe(true);
  });

  test("a small one is not blown up", async () => {
    const { thumbnail } = (await paint(painter, "image/png", await noise(5, 3).png().toBuffer()))!;
    expect([thumbnail!.width, thumbnail!.height]).toEqual([5, 3]);
  });
});

describe("what is none", () => {
  test("a bomb, a cut one, another thing by that name, a drawing, a large file: nothing, and the next is seen", async () => {
    const taken = await photo();
    const svg = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
    );
    const bad: [string, Buffer][] = [
      ["image/png", await bomb(50_000)],
      ["image/jpeg", taken.subarray(0, taken.length / 2)],
      ["image/jpeg", Buffer.from("504b0304140000000000", "hex")],
      ["image/png", svg],
      ["image/svg+xml", svg],
      ["application/octet-stream", taken],
      ["image/gif", Buffer.from("GIF89a\xff\xff\xff\xff", "latin1")],
      ["image/png", Buffer.alloc(0)],
    ];
    expect(bad[0]![1].length).toBeLessThan(500_000);
    for (const [mediaType, bytes] of bad) expect(await paint(painter, mediaType, bytes)).toBeUndefined();
    expect(
      await painter.paint("image/png", 1e12, () => Promise.reject(new Error("it was read")), never),
    ).toBeUndefined();
    expect(await paint(painter, "image/jpeg", taken)).toBeDefined();
  });

  test("bytes that cannot be read", async () => {
    expect(await painter.paint("image/png", 10, () => Promise.reject(new Error("gone")), never)).toBeUndefined();
    const short = { ...readerOf(Buffer.alloc(5)), pour: () => Promise.reject(new Error("gone")) };
    expect(await painter.paint("image/png", 10, async () => short, never)).toBeUndefined();
    expect(await paint(painter, "image/png", await noise(9, 9).png().toBuffer())).toBeDefined();
  });
});

describe("the process", () => {
  test("is ended by the signal, with its reason, and another takes its place", async () => {
    const stop = new AbortController();
    const large = await noise(3000, 3000).png({ compressionLevel: 1 }).toBuffer();
    const painted = paint(painter, "image/png", large, stop.signal);
    stop.abort(new Error("enough"));
    await expect(painted).rejects.toThrow("enough");
    expect(await paint(painter, "image/png", await noise(9, 9).png().toBuffer())).toBeDefined();
  });

  test("may die, or lie", async () => {
    const folder = await mkdtemp(join(tmpdir(), "restante-painter-"));
    const answers = ["process.exit(1)", "process.stdout.write('x'.repeat(1e6))", "console.log('{}')", "console.log('nonsense')",
      `console.log(JSON.stringify({ width: 1, height: 1, thumbnail: { mediaType: "text/html", width: 1, height: 1, bytes: "${"A".repeat(15_000)}" } }))`]; // prettier-ignore
    for (const [i, answer] of answers.entries()) {
      const script = join(folder, `${i}.mjs`);
      await writeFile(script, `process.stdin.once("data", () => { ${answer} }); setInterval(() => {}, 1000);`);
      const liar = studio(script);
      expect([answer, await paint(liar, "image/png", Buffer.alloc(100))]).toEqual([answer, undefined]);
      liar.stop();
    }
    await rm(folder, { recursive: true });
  });
});
