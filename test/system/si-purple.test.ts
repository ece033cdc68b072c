/** libpurple, the engine of Pidgin and Finch, with the messenger and its stream hosts: every way in which its bytes can go. */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Refusal } from "../../component/lib/errors.js";
import { toJid, type FullJid } from "../../component/lib/jid.js";
import { purple, type Purple } from "../harness/clients/purple.js";
import { sha256 } from "../harness/post-office.js";
import { startEjabberd, type Ejabberd } from "../harness/ejabberd.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { siStage } from "../harness/si-stage.js";
import { EVERYTHING, type TransferStage, type Ways } from "../harness/transfer-stage.js";

jest.setTimeout(60_000);

describe.each<[string, () => Promise<Prosody | Ejabberd>]>([
  ["Prosody", startProsody],
  ["ejabberd", startEjabberd],
])("%s", (_, start) => {
  let stage: TransferStage;
  let romeo: Purple;
  let server: Prosody | Ejabberd;
  beforeAll(async () => {
    server = await start();
    stage = await siStage(server);
    romeo = await purple({ certFile: "", c2sTlsPort: 0, ...server }, "romeo");
    await romeo.subscribe(stage.bot);
    await romeo.waitFor(/^PRESENCE bot@\S+ available/);
  });
  afterEach(() => {
    stage.ways = EVERYTHING;
    stage.refusing = undefined;
  });
  afterAll(async () => {
    await romeo?.close();
    await stage?.stop();
    await server?.remove();
  });

  const proxyOnly = (port: number): boolean => port === server.proxyPort;

  describe("in", () => {
    test.each<[string, (port: number) => boolean, RegExp | undefined, number]>([
      ["by his own host", (port) => !proxyOnly(port), /^dialled \d+$/, 3_000_000],
      ["by his server's proxy", (port) => proxyOnly(port), /^dialled \d+$/, 3_000_000],
      ["in-band, when no host can be reached", () => false, undefined, 300_000],
    ])("%s", async (_, dial, kind, size) => {
      stage.ways = { ...EVERYTHING, dial };
      const before = stage.kinds.length;
      const bytes = randomBytes(size);
      const path = join(romeo.folder, `in-${size}-${before}.bin`);
      await writeFile(path, bytes);
      await romeo.sendFile(path, stage.bot);
      const got = await stage.next();
      expect(got).toMatchObject({ outcome: "complete", outcomes: 1, file: { size } });
      expect(sha256(got.bytes)).toBe(sha256(bytes));
      if (kind) expect(stage.kinds.at(-1)).toMatch(kind);
      else expect(stage.kinds.length).toBe(before);
      await romeo.waitFor(/^SENT /);
    });

    test("refused: he is told, and the next is taken", async () => {
      stage.refusing = new Refusal("over-quota", { used: 1, quota: 1, name: "x" });
      const path = join(romeo.folder, "refused.bin");
      await writeFile(path, "x");
      await romeo.sendFile(path, stage.bot);
      await romeo.waitFor(/^CANCELLED /);
    });
  });

  describe("out", () => {
    test.each<[string, Partial<Ways>, RegExp | undefined, number]>([
      ["by our own host", { dial: () => false }, /^our own host$/, 3_000_000],
      ["by his server's proxy", { listen: false }, /^dialled/, 3_000_000],
      ["in-band, when there is no host", { listen: false, proxies: false }, undefined, 300_000],
      ["in-band, when his proxy does not let us in", { listen: false, dial: () => false }, undefined, 300_000],
    ])("%s", async (_, ways, kind, size) => {
      stage.ways = { ...EVERYTHING, ...ways };
      const before = stage.kinds.length;
      const bytes = randomBytes(size);
      const events = await stage.offer(toJid(`${romeo.jid}/purple`) as FullJid, `out-${before}.bin`, bytes);
      expect(events.map(({ type }) => type)).toEqual(["sent", "moving", "last", "delivered"]);
      const [, path] = await romeo.waitFor(/^RECEIVED (.*)$/);
      expect(sha256(await readFile(path!))).toBe(sha256(bytes));
      if (kind) expect(stage.kinds.at(-1)).toMatch(kind);
      else expect(stage.kinds.length).toBe(before);
    });
  });
});
