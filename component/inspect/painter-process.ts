/**
 * A process of its own that looks at pictures, one after the other: what bytes from strangers do to a decoder, they do here. On its input, for
 * each picture a line with how many bytes follow, and the bytes; on its output, for each a line with a {@link Likeness} or `null`.
 */
import { writeFileSync } from "node:fs";
import sharp, { type Sharp } from "sharp";
import { MOST_THUMBNAIL } from "../control/ports.js";
import { MOST_PIXELS, SECONDS, type Likeness } from "./likeness.js";

/** The longer side of a thumbnail, in pixels: the first that fits into {@link MOST_THUMBNAIL}. XEP-0264 §4 names 128 as what clients show. */
const SIDES = [128, 96, 64, 32];
const QUALITIES = [80, 65, 50];
const COLOURS = [256, 64, 16];

/** What is read; nothing else, and no drawings (SVG, PDF), which are programs. */
const LOADERS = ["Jpeg", "Png", "Nsgif", "Webp", "Heif"].map((format) => `VipsForeignLoad${format}Buffer`);

try {
  writeFileSync("/proc/self/oom_score_adj", "1000"); // if anything has to go for want of memory, then this
} catch {
  // not Linux
}
sharp.cache(false);
sharp.concurrency(1);
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({ operation: LOADERS });

/** Undefined when it is no picture. */
async function likenessOf(bytes: Buffer): Promise<Likeness | undefined> {
  const picture = sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: "error", sequentialRead: true }).autoOrient();
  const { autoOrient } = await picture.metadata();
  for (const side of SIDES) {
    const small = await picture
      .clone()
      .timeout({ seconds: SECONDS })
      .resize(side, side, { fit: "inside", withoutEnlargement: true })
      .toColourspace("srgb")
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height } = small.info;
    const raw = sharp(small.data, { raw: { width, height, channels: 4 } });
    const isOpaque = small.data.every((value, i) => i % 4 !== 3 || value === 255);
    for (const encoded of isOpaque ? jpegs(raw) : pngs(raw)) {
      const data = await encoded.toBuffer();
      if (data.length > MOST_THUMBNAIL) continue;
      const mediaType = isOpaque ? "image/jpeg" : "image/png";
      return { ...autoOrient, thumbnail: { mediaType, width, height, bytes: data.toString("base64") } };
    }
  }
  return autoOrient;
}

function jpegs(raw: Sharp): Sharp[] {
  return QUALITIES.map((quality) => raw.clone().removeAlpha().jpeg({ quality, mozjpeg: true }));
}

function pngs(raw: Sharp): Sharp[] {
  return COLOURS.map((colours) => raw.clone().png({ palette: true, colours, effort: 4, compressionLevel: 9 }));
}

/** Each picture as a whole: who asks has seen to it that they are not too large. */
async function* pictures(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head = "";
  let picture: Buffer | undefined;
  let filled = 0;
  for await (let chunk of input)
    while (chunk.length > 0) {
      if (!picture) {
        const end = chunk.indexOf("\n");
        head += chunk.toString("latin1", 0, end < 0 ? chunk.length : end);
        chunk = chunk.subarray(end < 0 ? chunk.length : end + 1);
        if (end < 0) continue;
        picture = Buffer.alloc(Number(head));
        head = "";
        filled = 0;
      }
      const taken = chunk.copy(picture, filled);
      filled += taken;
      chunk = chunk.subarray(taken);
      if (filled < picture.length) continue;
      yield picture;
      picture = undefined;
    }
}

for await (const picture of pictures(process.stdin)) {
  const likeness = await likenessOf(picture).catch(() => undefined);
  process.stdout.write(`${JSON.stringify(likeness ?? null)}\n`);
}
