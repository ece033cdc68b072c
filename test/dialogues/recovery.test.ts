/** Parts that go away and come back, and a program that dies: the whole component in memory, over records on disk where it has two lives. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { join } from "node:path";
import type { Index, OpenLink } from "../../component/control/ports.js";
import { Refusal } from "../../component/lib/errors.js";
import { bare } from "../../component/lib/jid.js";
import { OfficeStage } from "../harness/office-stage.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

const ROMEO = "romeo@example.org";
const JULIET = "juliet@example.org";
const PHOTO = "https://upload.example.org/x/photo.jpg";
const BYTES = Buffer.alloc(1000, "bytes");

let folder: TempFolder;
let stage: OfficeStage;
beforeEach(async () => {
  folder = await tempFolder();
});
afterEach(async () => {
  await stage.stop();
  await folder.remove();
});

/** Both know the bot; a photo of Romeo's is kept as number 1. */
async function kept(url = "sqlite::memory:"): Promise<void> {
  stage = await new OfficeStage(url).start();
  stage.internet.files.set(PHOTO, BYTES);
  await stage.befriend(ROMEO);
  await stage.befriend(JULIET);
  await stage.online(ROMEO);
  await stage.sendLink(`${ROMEO}/home`, PHOTO);
  expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/I keep photo\.jpg/)]);
}

/** Until the answer is called, this method of the records fails, after having been done or not. */
function breakDown(name: keyof Index, done: "done" | "not done" = "not done"): () => void {
  const index = stage.index as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const real = index[name]!;
  index[name] = async (...args) => {
    if (done === "done") await real(...args);
    throw new Refusal("index-down");
  };
  return () => {
    index[name] = real;
  };
}

/** Housekeeping's turn at what could not be done; a chore that fails has its next turn. */
async function retry(): Promise<void> {
  await stage.housekeeping.retry().catch(() => undefined);
  await stage.settle();
}

/** How many keys of bytes the records know. */
async function known(): Promise<number> {
  const keys = new Set<string>();
  for await (const key of stage.index.knownKeys()) keys.add(key);
  return keys.size;
}

const urlIn = (lines: readonly string[]): string => lines.find((l) => l.startsWith("https://files.example.org/g/"))!;
const linkOf = (url: string): Promise<OpenLink> => stage.desk.open(/\/g\/([^/]+)/.exec(url)![1]!);

/** What she can have got of the file, and how far the program came with telling it. */
async function download(url: string, start: number, end: number, how: "recorded" | "last" | "begun"): Promise<void> {
  const open = await linkOf(url);
  await open.moving();
  if (how !== "begun") await open.last({ start, end });
  if (how === "recorded") await open.served({ start, end });
  await stage.settle();
}

describe("the records are away for a while", () => {
  test.each(["not done", "done"] as const)(
    "an offer whose record failed (%s) is made once; its link works when they are back",
    async (done) => {
      await kept();
      await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
      stage.heard(ROMEO);
      const repair = breakDown("steps", done);
      await stage.online(JULIET);
      const offer = stage.heard(JULIET);
      expect(offer).toHaveLength(2);
      const early = linkOf(urlIn(offer)); // a client that is faster than our disk waits for it, but not for ever
      const refused = expect(early).rejects.toMatchObject({ code: "index-down" });
      await stage.online(JULIET, "phone");
      await retry();
      await stage.clock.turn(20_000);
      expect(stage.heard(JULIET)).toEqual([]);
      repair();
      await stage.clock.turn(20_000);
      await stage.settle();
      await refused;
      expect(await stage.fetch(urlIn(offer))).toEqual(BYTES);
      await stage.online(JULIET, "tablet");
      expect(stage.heard(JULIET)).toEqual([]);
      expect(stage.heard(ROMEO)).toEqual([
        expect.stringMatching(/has been offered/),
        expect.stringMatching(/juliet@example.org has/),
      ]);
    },
  );

  test("an offer that was withdrawn before it was on the wire hinders no later one", async () => {
    await kept();
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    let leave = (): void => undefined;
    const send = stage.stream.send.bind(stage.stream);
    const road = new Promise<void>((resolve) => (leave = resolve));
    stage.stream.send = async (stanza) => {
      if (String(stanza.attrs["to"]) === JULIET && stanza.getChild("x", "jabber:x:oob")) await road;
      return send(stanza);
    };
    await stage.online(JULIET);
    await stage.say(`${JULIET}/home`, "decline 1");
    leave();
    await stage.settle();
    stage.heard(JULIET);
    await stage.say(`${JULIET}/home`, "accept 1");
    expect(await stage.fetch(urlIn(stage.heard(JULIET)))).toEqual(BYTES);
  });

  test("an offer that never went on record is made again in the next life, and once", async () => {
    const url = `sqlite:${join(folder.path, "records.db")}`;
    await kept(url);
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    breakDown("steps");
    await stage.online(JULIET);
    expect(stage.heard(JULIET)).toHaveLength(2);
    await stage.stop();
    stage = await new OfficeStage(url).start();
    await stage.online(JULIET);
    await stage.online(JULIET, "phone");
    expect(stage.heard(JULIET)).toHaveLength(2);
  });

  test("a notice that could not be read is said when they are back, one that could not be struck out is not said again", async () => {
    await kept();
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    stage.heard(ROMEO);
    const mend = breakDown("noticesFor");
    const repair = breakDown("dropNotices");
    await stage.online(JULIET);
    expect(stage.heard(ROMEO)).toEqual([]);
    mend();
    await retry();
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/has been offered/)]);
    await retry();
    repair();
    await retry();
    expect(stage.heard(ROMEO)).toEqual([]);
    await stage.offline(ROMEO);
    await stage.online(ROMEO);
    expect(stage.heard(ROMEO)).toEqual([]);
  });

  test("after the stream came up, everybody is told as soon as they are back", async () => {
    await kept();
    // somebody whose presence we do not see
    await stage.index.addNotices([
      { id: "n1", to: bare("eve@elsewhere.example"), kind: "kept", details: {}, since: 0 },
    ]);
    const repair = breakDown("noticed");
    stage.office.connected();
    await stage.settle();
    expect(stage.heard("eve@elsewhere.example")).toEqual([]);
    repair();
    await retry();
    expect(stage.heard("eve@elsewhere.example")).toHaveLength(1);
  });

  test.each(["link", "setServed", "step"] as const)(
    "a download is recorded when they are back (%s)",
    async (method) => {
      await kept();
      await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
      await stage.online(JULIET);
      const open = await linkOf(urlIn(stage.heard(JULIET)));
      stage.heard(ROMEO);
      await open.moving();
      const repair = breakDown(method);
      const served = open.served({ start: 0, end: BYTES.length });
      await stage.clock.turn(60_000);
      expect(stage.heard(ROMEO)).toEqual([]);
      repair();
      await stage.clock.turn(6_000);
      await served;
      await stage.settle();
      expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/juliet@example\.org has photo\.jpg/)]);
    },
  );

  test("bytes do not wait for them for long", async () => {
    await kept();
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    await stage.online(JULIET);
    const open = await linkOf(urlIn(stage.heard(JULIET)));
    const index = stage.index as { step: unknown };
    const real = index.step;
    index.step = () => new Promise(() => undefined);
    const moving = open.moving();
    await stage.clock.turn(10_000);
    await moving;
    let went = false;
    const last = open.last({ start: 0, end: BYTES.length }).then(() => (went = true));
    await stage.clock.turn(9_000);
    expect(went).toBe(false);
    await stage.clock.turn(1_000);
    await last;
    index.step = real;
  });

  test("an intake that cannot even be given up is told at once, and forgotten when they are back", async () => {
    await kept();
    const url = PHOTO.replace("photo", "other");
    stage.internet.files.set(url, new Refusal("link-unreachable", { host: "there", name: "other.jpg" }));
    const repair = breakDown("dropIntake");
    await stage.sendLink(`${ROMEO}/home`, url);
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/other\.jpg was not kept/)]);
    expect(await known()).toBe(2);
    repair();
    await stage.clock.turn(6_000);
    await stage.housekeeping.sweep();
    expect(await known()).toBe(1);
    expect(stage.heard(ROMEO)).toEqual([]);
  });

  test("an intake whose record was written although its answer was lost does not linger", async () => {
    await kept();
    const repair = breakDown("beginIntake", "done");
    await stage.sendLink(`${ROMEO}/home`, PHOTO.replace("photo", "other"));
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/^My records do not answer just now/)]);
    repair();
    await stage.housekeeping.sweep();
    expect(await known()).toBe(1);
  });
});

describe("the program dies while she downloads", () => {
  /** Kept, sent, offered; downloaded as said; then dead, and started again. */
  async function died(how: "last" | "begun"): Promise<string> {
    const records = `sqlite:${join(folder.path, "records.db")}`;
    await kept(records);
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    await stage.online(JULIET);
    const url = urlIn(stage.heard(JULIET));
    expect(stage.heard(ROMEO)).toHaveLength(2);
    await download(url, 0, BYTES.length, how);
    await stage.index.stop(); // nothing more reaches the records, as after kill -9
    stage = await new OfficeStage(records).start();
    await stage.housekeeping.recover();
    await stage.online(ROMEO);
    await stage.online(JULIET);
    return url;
  }

  test("with the last byte about to go: delivered, told once, and not offered again", async () => {
    await died("last");
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/juliet@example\.org has photo\.jpg/)]);
    expect(stage.heard(JULIET)).toEqual([]);
  });

  test("in the middle: she resumes where she was, and has it", async () => {
    const url = await died("begun");
    expect(stage.heard(ROMEO)).toEqual([]);
    await download(url, 600, BYTES.length, "recorded");
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/juliet@example\.org has photo\.jpg/)]);
    expect(stage.heard(JULIET)).toEqual([]);
  });

  test("and again, while she resumes", async () => {
    const url = await died("begun");
    await download(url, 600, BYTES.length, "last");
    await stage.index.stop();
    stage = await new OfficeStage(`sqlite:${join(folder.path, "records.db")}`).start();
    await stage.housekeeping.recover();
    await stage.online(ROMEO);
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/juliet@example\.org has photo\.jpg/)]);
  });

  test("in the middle: the part before the end is not the whole", async () => {
    const url = await died("begun");
    await download(url, 600, 900, "recorded");
    expect(stage.heard(ROMEO)).toEqual([]);
    await download(url, 0, BYTES.length, "recorded");
    expect(stage.heard(ROMEO)).toHaveLength(1);
  });

  test("where nothing died, the end alone is not the whole", async () => {
    await kept();
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    await stage.online(JULIET);
    const url = urlIn(stage.heard(JULIET));
    stage.heard(ROMEO);
    await download(url, 600, BYTES.length, "recorded");
    expect(stage.heard(ROMEO)).toEqual([]);
    await download(url, 0, 600, "recorded");
    expect(stage.heard(ROMEO)).toHaveLength(1);
  });
});
