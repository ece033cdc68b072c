/** Psi with the messenger and its stream hosts, by stream initiation: SOCKS5 and in-band, both ways. */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toJid, type FullJid } from "../../component/lib/jid.js";
import { psi, type Psi } from "../harness/clients/psi.js";
import { sha256 } from "../harness/post-office.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { siStage } from "../harness/si-stage.js";
import { EVERYTHING, type TransferStage, type Ways } from "../harness/transfer-stage.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

jest.setTimeout(120_000);

let prosody: Prosody;
let stage: TransferStage;
let folder: TempFolder;
let juliet: Psi;
beforeAll(async () => {
  prosody = await startProsody();
  folder = await tempFolder();
  stage = await siStage(prosody);
  juliet = await psi(prosody, "juliet");
  await juliet.subscribe(String(stage.bot));
  await juliet.waitFor(/^PRESENCE bot@\S+ available/);
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

describe("in", () => {
  async function sends(sender: Psi, size: number, name: string): Promise<void> {
    const bytes = randomBytes(size);
    const path = join(folder.path, name);
    await writeFile(path, bytes);
    await sender.sendFile(path, String(stage.bot));
    const got = await stage.next();
    expect(got).toMatchObject({ outcome: "complete", outcomes: 1, file: { size, name } });
    expect(sha256(got.bytes)).toBe(sha256(bytes));
  }

  test("by her own host", async () => {
    await sends(juliet, 1_000_000, "Königin Mab 🧚.bin");
    expect(stage.kinds.at(-1)).toMatch(/^dialled/);
  });

  test("in-band, when Psi is set to offer nothing else", async () => {
    const before = stage.kinds.length;
    const romeo = await psi(prosody, "romeo", { ibbOnly: true });
    await romeo.subscribe(String(stage.bot));
    await romeo.waitFor(/^PRESENCE bot@\S+ available/);
    await sends(romeo, 200_000, "Ständchen – 100%.bin");
    await romeo.close();
    expect(stage.kinds.length).toBe(before);
  });
});

describe("out", () => {
  test.each<[string, Partial<Ways>, number, number]>([
    ["by our own host", { proxies: false }, 1_000_000, 1],
    ["by her server's proxy", { listen: false }, 1_000_000, 1],
    ["in-band, when there is no host", { listen: false, proxies: false }, 200_000, 0],
  ])("%s", async (_, ways, size, streams) => {
    stage.ways = { ...EVERYTHING, ...ways };
    const before = stage.kinds.length;
    const bytes = randomBytes(size);
    const events = await stage.offer(toJid(`${juliet.jid}/psi`) as FullJid, `Ständchen ${size} ${before}.bin`, bytes);
    expect(events.map(({ type }) => type)).toEqual(["sent", "moving", "last", "delivered"]);
    const [, path] = await juliet.waitFor(/^RECEIVED (.*)$/);
    expect(sha256(await readFile(path!))).toBe(sha256(bytes));
    expect(stage.kinds.length - before).toBe(streams);
    expect(stage.asked).toContain(`${juliet.jid}/psi`); // she has seen what it is
  });
});
