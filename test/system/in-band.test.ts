/** In-band bytestreams (XEP-0047) with a client that nobody here wrote, through real servers, both ways. */
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { systemClock } from "../../component/lib/clock.js";
import { type Jid, toJid } from "../../component/lib/jid.js";
import { InBandStreams } from "../../component/messenger/in-band.js";
import { StanzaRouter } from "../../component/messenger/router.js";
import { ComponentStream } from "../../component/messenger/stream.js";
import { slixmpp, type Slixmpp } from "../harness/clients/slixmpp.js";
import { startEjabberd } from "../harness/ejabberd.js";
import { startProsody } from "../harness/prosody.js";
import { type TempFolder, tempFolder } from "../harness/tmp.js";

jest.setTimeout(120_000);

const never = new AbortController().signal;
const SIZE = 5 * 2 ** 20 + 77;

describe.each([
  ["Prosody", startProsody],
  ["ejabberd", startEjabberd],
] as const)("%s", (_, start) => {
  let server: Awaited<ReturnType<typeof start>>;
  let stream: ComponentStream;
  let inBand: InBandStreams;
  let romeo: Slixmpp;
  let folder: TempFolder;
  let self: Jid;
  let peer: Jid;

  beforeAll(async () => {
    server = await start();
    folder = await tempFolder("restante-in-band");
    const log = pino({ level: "silent" });
    stream = new ComponentStream({
      domain: server.component,
      server: `xmpp://127.0.0.1:${server.componentPort}`,
      secret: server.secret,
      log,
    });
    inBand = new InBandStreams({ router: new StanzaRouter(stream, log), stream, clock: systemClock });
    inBand.start();
    stream.onOffline(() => inBand.disconnected());
    await stream.start();
    romeo = await slixmpp(server, "romeo");
    self = toJid(`bot@${server.component}/restante`)!;
    peer = toJid(`${romeo.jid}/slixmpp`)!;
  }, 90_000);

  afterAll(async () => {
    await romeo?.close();
    inBand?.stop();
    await stream?.stop();
    await folder?.remove();
    await server?.remove();
  });

  test.each([
    [4096, false],
    [65_535, false],
    [4096, true],
  ])("from the client, in blocks of %i, in messages: %s", async (blockSize, messages) => {
    const sid = `in-${blockSize}-${messages}`;
    const bytes = randomBytes(SIZE);
    const path = join(folder.path, sid);
    await writeFile(path, bytes);
    const arrived = inBand.expect({ self, peer, sid }, 65_535, never);
    const sent = romeo.sendInBand(self, sid, path, blockSize, messages);
    const hash = createHash("sha256");
    const sink = async (chunk: Uint8Array): Promise<void> => void hash.update(chunk);
    expect(await (await arrived).receive(SIZE, sink, never)).toBe(SIZE);
    expect(hash.digest("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
    await sent;
  });

  // slixmpp takes blocks of up to 8192
  test.each([4096, 32_768])("to the client, in blocks of %i at first", async (blockSize) => {
    const sid = `out-${blockSize}`;
    const bytes = randomBytes(SIZE);
    const path = join(folder.path, sid);
    await romeo.expectInBand(self, sid, path);
    const out = await inBand.open({ self, peer, sid }, blockSize, never);
    for (let at = 0; at < SIZE; at += 100_000) await out.write(bytes.subarray(at, at + 100_000));
    await out.end();
    await romeo.waitEvent((event) => event.event === "saved");
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  test("a client that wants none says so", async () => {
    await expect(inBand.open({ self, peer, sid: "unasked" }, 4096, never)).rejects.toMatchObject({
      code: "stream-unreachable",
      cause: { condition: "not-acceptable" },
    });
  });

  test("a client that goes away in the middle", async () => {
    const juliet = await slixmpp(server, "juliet");
    const other = toJid(`${juliet.jid}/slixmpp`)!;
    await juliet.expectInBand(self, "away", join(folder.path, "away"));
    const out = await inBand.open({ self, peer: other, sid: "away" }, 4096, never);
    await out.write(randomBytes(100_000));
    await juliet.close();
    const rest = async (): Promise<void> => {
      for (;;) await out.write(randomBytes(100_000));
    };
    await expect(rest()).rejects.toMatchObject({ code: "stream-cut" });
  });
});
