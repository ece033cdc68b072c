/** Pictures as they come, and as nobody wants them; and the studio, whose process runs from its source. */
import { createDeflate, crc32 } from "node:zlib";
import { fileURLToPath } from "node:url";
import sharp, { type Sharp } from "sharp";
import { PictureStudio } from "../../component/inspect/pictures.js";
import { systemClock } from "../../component/lib/clock.js";
import { createLog } from "../../component/lib/log.js";

const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export function studio(script = fromHere("../../component/inspect/painter-process.ts")): PictureStudio {
  const loader = fromHere("./typescript.mjs");
  return new PictureStudio({ clock: systemClock, log: createLog("silent"), script: ["--import", loader, script] });
}

/** A photograph: 400 × 300 when it is held upright, taken with the telephone on its side, and it tells where. */
export async function photo(width = 400, height = 300): Promise<Buffer> {
  const plain = await noise(height, width).jpeg({ quality: 90 }).toBuffer();
  return sharp(plain)
    .withExif({ IFD0: { Orientation: "6", Make: "Telephone" }, IFD3: { GPSLatitudeRef: "N", GPSLatitude: "47/1 22/1 0/1" } })
    .withMetadata({ orientation: 6 })
    .withExifMerge({ IFD0: { Make: "Telephone" }, IFD3: { GPSLatitudeRef: "N", GPSLatitude: "47/1 22/1 0/1" } })
    .toBuffer(); // prettier-ignore
}

/** Red above, blue below, with a little noise. */
export function noise(width: number, height: number, alpha = 1): Sharp {
  const pixels = Buffer.alloc(width * height * 4);
  let seed = 1;
  for (let i = 0; i < width * height; i++) {
    seed = (seed * 48_271) % 2_147_483_647;
    const isAbove = i < (width * height) / 2;
    pixels.set([isAbove ? 220 : 20, seed % 30, isAbove ? 20 : 220, i % 3 === 0 ? Math.round(255 * alpha) : 255], i * 4);
  }
  const raw = sharp(pixels, { raw: { width, height, channels: 4 } });
  return alpha === 1 ? raw.removeAlpha() : raw;
}

/** A valid PNG of so many white dots each way, one bit each: a few hundred KiB for gigabytes. */
export async function bomb(side: number): Promise<Buffer> {
  const deflate = createDeflate({ level: 9 });
  const idat: Buffer[] = [];
  deflate.on("data", (chunk: Buffer) => idat.push(chunk));
  const row = Buffer.alloc(1 + Math.ceil(side / 8), 0xff).fill(0, 0, 1);
  const rows = Buffer.concat(Array.from({ length: 100 }, () => row));
  for (let y = 0; y < side; y += 100) await new Promise<void>((resolve) => void deflate.write(rows, () => resolve()));
  await new Promise<void>((resolve) => deflate.end(() => resolve()));
  const ihdr = Buffer.alloc(13);
  ihdr.writeUInt32BE(side, 0);
  ihdr.writeUInt32BE(side, 4);
  ihdr[8] = 1;
  const magic = Buffer.from("89504e470d0a1a0a", "hex");
  return Buffer.concat([magic, part("IHDR", ihdr), part("IDAT", Buffer.concat(idat)), part("IEND", Buffer.alloc(0))]);
}

function part(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
