/**
 * QXmpp with the messenger and its stream hosts, by stream initiation: every way in which its bytes can go. What it does not do: it has no second
 * way when the stream that was chosen fails; and it makes its hash of addresses (XEP-0065 §5.3.2) of Latin-1, so that one whose address has other
 * characters cannot use proxies.
 */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toJid, type FullJid } from "../../component/lib/jid.js";
import { qxmpp, type QXmpp } from "../harness/clients/qxmpp.js";
import { sha256 } from "../harness/post-office.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { siStage } from "../harness/si-stage.js";
import { EVERYTHING, type TransferStage, type Ways } from "../harness/transfer-stage.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

jest.setTimeout(60_000);

const HANGUL = "줄리엣";

let prosody: Prosody;
let stage: TransferStage;
let folder: TempFolder;
let juliet: QXmpp;
let hangul: QXmpp;
beforeAll(async () => {
  prosody = await startProsody({ users: [HANGUL] });
  folder = await tempFolder();
  stage = await siStage(prosody);
  [juliet, hangul] = await Promise.all([qxmpp(prosody, "juliet"), qxmpp(prosody, HANGUL)]);
  for (const client of [juliet, hangul]) {
    await client.subscribe(stage.bot);
    await client.waitFor(/^PRESENCE bot@\S+ available/);
  }
});
afterEach(async () => {
  stage.ways = EVERYTHING;
  await juliet.methods("any");
});
afterAll(async () => {
  await juliet?.close();
  await hangul?.close();
  await stage?.stop();
  await prosody?.remove();
  await folder?.remove();
});

async function sends(client: QXmpp, size: number): Promise<void> {
  const bytes = randomBytes(size);
  const path = join(folder.path, `in-${stage.received.length}.bin`);
  await writeFile(path, bytes);
  await client.sendFile(path, stage.bot);
  const got = await stage.next();
  expect(got).toMatchObject({ outcome: "complete", outcomes: 1, file: { size } });
  expect(sha256(got.bytes)).toBe(sha256(bytes));
  await client.waitFor(/^SENT /);
}

describe("in", () => {
  // QXmpp never names a loopback address: this one wants a machine that has another.
  test("by her own host", async () => {
    await sends(juliet, 3_000_000);
    expect(stage.kinds.at(-1)).toMatch(/^dialled/);
  });

  test("in-band, when she offers nothing else", async () => {
    const before = stage.kinds.length;
    await juliet.methods("in-band");
    await sends(juliet, 300_001);
    expect(stage.kinds.length).toBe(before);
  });

  test("by her server's proxy", async () => {
    await juliet.proxy(`proxy.${prosody.domain}`, "only");
    await sends(juliet, 3_000_000);
    expect(stage.kinds.at(-1)).toBe(`dialled ${prosody.proxyPort}`);
  });

  test("no host is reached: QXmpp gives up; sent again, it comes in-band", async () => {
    stage.ways = { ...EVERYTHING, dial: () => false };
    const before = stage.kinds.length;
    const path = join(folder.path, "again.bin");
    await writeFile(path, randomBytes(300_000));
    await juliet.sendFile(path, stage.bot);
    await juliet.waitFor(/^FAILED .*again\.bin aborted$/);
    await juliet.sendFile(path, stage.bot);
    await juliet.waitFor(/^SENT .*again\.bin$/);
    expect(await stage.next()).toMatchObject({ outcome: { code: "stream-unreachable" } });
    expect(await stage.next()).toMatchObject({ outcome: "complete", file: { name: "again.bin" } });
    expect(stage.kinds.length).toBe(before);
  });
});

describe("out", () => {
  async function takes(client: QXmpp, size: number): Promise<void> {
    const bytes = randomBytes(size);
    const events = await stage.offer(toJid(`${client.jid}/QXmpp`) as FullJid, "out.bin", bytes);
    expect(events.map(({ type }) => type)).toEqual(["sent", "moving", ...(size > 0 ? ["last"] : []), "delivered"]);
    const [, path] = await client.waitFor(/^RECEIVED (.*)$/);
    expect(sha256(await readFile(path!))).toBe(sha256(bytes));
  }

  test.each<[string, Partial<Ways>, "any" | "in-band", RegExp | undefined]>([
    ["by our own host", { dial: () => false }, "any", /^our own host$/],
    ["by her server's proxy", { listen: false }, "any", /^dialled/],
    ["in-band, when there is no host", { listen: false, proxies: false }, "any", undefined],
    ["in-band, when she takes nothing else", {}, "in-band", undefined],
  ])("%s", async (_, ways, methods, kind) => {
    stage.ways = { ...EVERYTHING, ...ways };
    await juliet.methods(methods);
    for (const size of [0, 300_001]) {
      const before = stage.kinds.length;
      await takes(juliet, size);
      expect(stage.kinds.length - before).toBe(kind ? 1 : 0);
      if (kind) expect(stage.kinds.at(-1)).toMatch(kind);
    }
  });

  test("her proxy does not let us in: she cannot go on in-band", async () => {
    stage.ways = { ...EVERYTHING, listen: false, dial: () => false };
    const events = await stage.offer(toJid(`${juliet.jid}/QXmpp`) as FullJid, "nowhere.bin", randomBytes(1000));
    expect(events.map(({ type }) => type)).toEqual(["sent", "failed"]);
  });

  test("by our own host to an address in Hangul", async () => {
    stage.ways = { ...EVERYTHING, proxies: false };
    await takes(hangul, 700_001);
    expect(stage.kinds.at(-1)).toBe("our own host");
  });
});
