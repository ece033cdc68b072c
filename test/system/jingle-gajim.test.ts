/** Gajim with the messenger and its stream hosts, by Jingle: it sends over SOCKS5 and in-band. It takes nothing by Jingle. */
import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { Refusal } from "../../component/lib/errors.js";
import { gajim, type Gajim, type GajimJingle } from "../harness/clients/gajim.js";
import { jingleStage } from "../harness/jingle-stage.js";
import { EVERYTHING, type TransferStage, type Ways } from "../harness/transfer-stage.js";
import { sha256 } from "../harness/post-office.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

jest.setTimeout(120_000);

/** Gajim takes 127.0.0.1 from nobody. */
const outside = Object.values(networkInterfaces()).flatMap((all) => all ?? []).find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.2"; // prettier-ignore

let prosody: Prosody;
let stage: TransferStage;
let folder: TempFolder;
let juliet: Gajim;
beforeAll(async () => {
  prosody = await startProsody();
  folder = await tempFolder();
  stage = await jingleStage(prosody, outside);
  juliet = await gajim(prosody, "juliet");
  await juliet.subscribe(String(stage.bot));
  await juliet.waitFor(/^CAPS bot@\S+ .*jingle:apps:file-transfer:5/);
});
afterEach(() => {
  stage.ways = EVERYTHING;
  stage.refusing = undefined;
});
afterAll(async () => {
  await juliet?.close();
  await stage?.stop();
  await prosody?.remove();
  await folder?.remove();
});

async function send(name: string, size: number, how: GajimJingle): Promise<Buffer> {
  const bytes = randomBytes(size);
  const path = join(folder.path, name);
  await writeFile(path, bytes);
  await juliet.sendByJingle(path, String(stage.bot), how);
  return bytes;
}

test.each<[string, GajimJingle, Partial<Ways>, number, RegExp]>([
  // The first to use SOCKS5: Gajim goes on listening as it began to.
  ["by its own host, where it has no IPv6", { transport: "s5b", addHost: outside, ipv4: true }, { listen: false, proxies: false }, 3_000_000, /^dialled/],
  ["in-band", { transport: "ibb" }, {}, 200_000, /^in-band$/],
  ["by our own host", { transport: "s5b" }, { dial: () => false }, 3_000_000, /^our own host$/],
  ["by its server's proxy", { transport: "proxy" }, { listen: false }, 3_000_000, /^dialled/],
  ["in-band, when SOCKS5 has come to nothing", { transport: "s5b" }, { listen: false, proxies: false, dial: () => false }, 200_000, /^in-band$/],
])("%s", async (_, how, ways, size, kind) => {
  stage.ways = { ...EVERYTHING, ...ways };
  const before = stage.kinds.length;
  const name = `fürst der #Katzen 🐈 ${size}.bin`;
  const bytes = await send(name, size, { hash: "sha-256", ...how });
  const got = await stage.next();
  expect(got).toMatchObject({ outcome: "complete", outcomes: 1, file: { size, name, sha256: sha256(bytes) } });
  expect(sha256(got.bytes)).toBe(sha256(bytes));
  expect(stage.kinds.slice(before)).toEqual([expect.stringMatching(kind)]);
}); // prettier-ignore

test("a refusal is heard, with its reason", async () => {
  stage.refusing = new Refusal("over-quota", { used: "9 GiB", quota: "10 GiB", name: "zu groß.bin" });
  const sending = send("zu groß.bin", 100_000, {}).catch(() => {}); // Gajim itself waits on
  await juliet.waitFor(/^ERROR .*media-error \(Your room is full: 9 GiB of 10 GiB are taken/);
  await Promise.race([sending, Promise.resolve()]);
});
