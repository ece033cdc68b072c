/** Dino with the messenger and its stream hosts, by Jingle: SOCKS5 and in-band, both ways. */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OfferEvent } from "../../component/control/ports.js";
import { type FullJid, toJid } from "../../component/lib/jid.js";
import { dino, type Dino } from "../harness/clients/dino.js";
import { jingleStage } from "../harness/jingle-stage.js";
import { EVERYTHING, type TransferStage, type Ways } from "../harness/transfer-stage.js";
import { sha256 } from "../harness/post-office.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

jest.setTimeout(120_000);

let prosody: Prosody;
let stage: TransferStage;
let folder: TempFolder;
let juliet: Dino;
beforeAll(async () => {
  prosody = await startProsody({ uploadLimit: 1000 });
  folder = await tempFolder();
  stage = await jingleStage(prosody);
  juliet = await dino(prosody, "juliet");
  await juliet.subscribe(String(stage.bot));
  await juliet.waitFor(/^PRESENCE bot@\S+ available/);
  await juliet.open(String(stage.bot));
});
afterEach(() => {
  stage.ways = EVERYTHING;
});
afterAll(async () => {
  await juliet?.close();
  await stage?.stop();
  await prosody?.remove();
  await folder?.remove();
});

/** That she is there is said or not, by how soon she accepts. */
function typesOf(reported: readonly OfferEvent[]): string[] {
  return reported.map(({ type }) => type).filter((type) => type !== "reached");
}

describe("in", () => {
  test.each<[string, Partial<Ways>, number, RegExp]>([
    ["by our own host", { dial: () => false }, 2_000_000, /^our own host$/],
    ["by its own host or its server's proxy", { listen: false, proxies: false }, 2_000_000, /^dialled/],
    ["by our server's proxy", { listen: false, dial: (port) => port === prosody.proxyPort }, 2_000_000, /^dialled/],
  ])("%s", async (_, ways, size, kind) => {
    stage.ways = { ...EVERYTHING, ...ways };
    const before = stage.kinds.length;
    const bytes = randomBytes(size);
    const path = join(folder.path, `Königin Mab ${before} 🧚.bin`);
    await writeFile(path, bytes);
    await juliet.sendFile(path, String(stage.bot));
    const got = await stage.next();
    expect(got).toMatchObject({
      outcome: "complete",
      outcomes: 1,
      file: { size, name: `Königin Mab ${before} 🧚.bin` },
    });
    expect(sha256(got.bytes)).toBe(sha256(bytes));
    expect(stage.kinds.slice(before)).toEqual(expect.arrayContaining([expect.stringMatching(kind)]));
  });
});

describe("out", () => {
  test.each<[string, Partial<Ways>, number, RegExp]>([
    ["by our own host", { dial: () => false }, 1_000_000, /^our own host$/],
    ["by its own host", { listen: false, dial: (port) => port !== prosody.proxyPort }, 1_000_000, /^dialled/],
    ["by our server's proxy", { listen: false, dial: (port) => port === prosody.proxyPort }, 1_000_000, /^dialled/],
  ])("%s", async (_, ways, size, kind) => {
    stage.ways = { ...EVERYTHING, ...ways };
    const before = stage.kinds.length;
    const bytes = randomBytes(size);
    const name = `Königin Mab ${before}.bin`;
    const reported = stage.offer(toJid(`${juliet.jid}/dino`) as FullJid, name, bytes);
    const [, path] = await juliet.waitFor(/^RECEIVED (.*)$/);
    expect(sha256(await readFile(path!))).toBe(sha256(bytes));
    expect(typesOf(await reported)).toEqual(["sent", "moving", "last", "delivered"]);
    expect(stage.kinds.slice(before)).toEqual(expect.arrayContaining([expect.stringMatching(kind)]));
  });

  test("of a file that still came in when it was offered: its hash comes with its last bytes", async () => {
    const bytes = randomBytes(1_000_000);
    const reported = stage.offer(toJid(`${juliet.jid}/dino`) as FullJid, "coming.bin", bytes, true);
    const [, path] = await juliet.waitFor(/^RECEIVED (.*)$/);
    expect(sha256(await readFile(path!))).toBe(sha256(bytes));
    expect(typesOf(await reported)).toEqual(["sent", "moving", "last", "delivered"]);
  });

  // Dino 0.4 acknowledges all of an in-band stream and makes nothing of it: whoever believes the stream alone has lost a file.
  test("in-band, when there is no host, it is not delivered", async () => {
    stage.ways = { listen: false, proxies: false, dial: () => false };
    const reported = await stage.offer(toJid(`${juliet.jid}/dino`) as FullJid, "lost.bin", randomBytes(100_000));
    expect(typesOf(reported)).toEqual(["sent", "moving", "last", "failed"]);
  });
});
