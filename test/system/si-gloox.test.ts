/** gloox with the messenger and its stream hosts, by stream initiation: every way in which its bytes can go. */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toJid, type FullJid } from "../../component/lib/jid.js";
import { Refusal } from "../../component/lib/errors.js";
import { gloox, type Gloox, type GlooxMethod } from "../harness/clients/gloox.js";
import { sha256 } from "../harness/post-office.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { siStage } from "../harness/si-stage.js";
import { EVERYTHING, type TransferStage, type Ways } from "../harness/transfer-stage.js";

jest.setTimeout(60_000);

let prosody: Prosody;
let stage: TransferStage;
let romeo: Gloox;
beforeAll(async () => {
  prosody = await startProsody();
  stage = await siStage(prosody);
  romeo = await gloox(prosody, "romeo");
  await romeo.subscribe(stage.bot);
  await romeo.waitFor(/^PRESENCE bot@\S+ available/);
});
afterEach(async () => {
  stage.ways = EVERYTHING;
  stage.refusing = undefined;
  await romeo.hosts("own", "proxy");
  await romeo.take("socks5");
});
afterAll(async () => {
  await romeo?.close();
  await stage?.stop();
  await prosody?.remove();
});

const isProxy = (port: number): boolean => port === prosody.proxyPort;
const SIZES = [1, 4095, 4096, 4097, 700_001];

describe("in", () => {
  const both: readonly GlooxMethod[] = ["socks5", "in-band"];
  describe.each<[string, readonly ("own" | "proxy")[], readonly GlooxMethod[]]>([
    ["by its own host", ["own"], both],
    ["by its server's proxy", ["proxy"], both],
    ["in-band", ["own", "proxy"], ["in-band"]],
  ])("%s", (_, hosts, methods) => {
    test.each(SIZES)("%i bytes", async (size) => {
      await romeo.hosts(...hosts);
      const before = stage.kinds.length;
      const bytes = randomBytes(size);
      const path = join(romeo.folder, `in-${size}-${before}.bin`);
      await writeFile(path, bytes);
      await romeo.sendAs(path, stage.bot, { methods });
      const got = await stage.next();
      expect(got).toMatchObject({ outcome: "complete", outcomes: 1, file: { size, name: path } });
      expect(sha256(got.bytes)).toBe(sha256(bytes));
      expect(stage.kinds.length).toBe(before + (methods === both ? 1 : 0));
      await romeo.waitFor(/^SENT /);
    });
  });

  test("no host of its is reached: it is told, and what it offers anew in-band is whole", async () => {
    stage.ways = { ...EVERYTHING, dial: () => false };
    const bytes = randomBytes(4097);
    const path = join(romeo.folder, "anew.bin");
    await writeFile(path, bytes);
    await romeo.sendFile(path, stage.bot);
    await romeo.waitFor(/^FAILED \S+ .*could not connect to your client for anew\.bin/);
    await romeo.sendAs(path, stage.bot, { methods: ["in-band"] });
    expect(await stage.next()).toMatchObject({ outcome: { code: "stream-unreachable" }, outcomes: 1 });
    const got = await stage.next();
    expect(got).toMatchObject({ outcome: "complete", outcomes: 1 });
    expect(sha256(got.bytes)).toBe(sha256(bytes));
  });

  test("refused: it is told", async () => {
    stage.refusing = new Refusal("over-quota", { used: 1, quota: 1, name: "x" });
    const path = join(romeo.folder, "refused.bin");
    await writeFile(path, "x");
    await romeo.sendFile(path, stage.bot);
    await romeo.waitFor(/^FAILED /);
  });
});

describe("out", () => {
  describe.each<[string, Partial<Ways>, GlooxMethod, RegExp | undefined]>([
    ["by our own host", { dial: () => false }, "socks5", /^our own host$/],
    ["by its server's proxy", { listen: false, dial: isProxy }, "socks5", /^dialled/],
    ["in-band, when there is no host", { listen: false, proxies: false }, "socks5", undefined],
    ["in-band, as it chooses", {}, "in-band", undefined],
  ])("%s", (_, ways, how, kind) => {
    test.each(SIZES)("%i bytes", async (size) => {
      stage.ways = { ...EVERYTHING, ...ways };
      await romeo.take(how);
      const before = stage.kinds.length;
      const bytes = randomBytes(size);
      const events = await stage.offer(toJid(`${romeo.jid}/gloox`) as FullJid, `out-${size}-${before}.bin`, bytes);
      expect(events.map(({ type }) => type)).toEqual(["sent", "moving", "last", "delivered"]);
      const [, path] = await romeo.waitFor(/^RECEIVED (.*)$/);
      expect(sha256(await readFile(path!))).toBe(sha256(bytes));
      if (kind) expect(stage.kinds.at(-1)).toMatch(kind);
      else expect(stage.kinds.length).toBe(before);
    });
  });
});
