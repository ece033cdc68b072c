/** What becomes of files that are looked through: the whole component in memory, with the scanner played. */
import { afterEach, describe, expect, test } from "@jest/globals";
import type { BlobReader, IncomingFile, Scanner } from "../../component/control/ports.js";
import { Refusal } from "../../component/lib/errors.js";
import { bare, toJid, type FullJid } from "../../component/lib/jid.js";
import { MemoryBlobStore } from "../../component/storage/blob/memory.js";
import { BOT, OfficeStage } from "../harness/office-stage.js";

const ROMEO = "romeo@example.org";
const JULIET = "juliet@example.org";
const STRANGER = "paris@example.net";
const GOOD = Buffer.from("nothing wrong with it");
const BAD = Buffer.from("A plague o' both your houses!");
const link = (name: string): string => `https://upload.example.org/x/${name}`;

/** Finds the plague; while it is "down" it does not answer. `gate` holds it back. */
class Played implements Scanner {
  state: "up" | "down" | "full" = "up";
  gate: Promise<void> = Promise.resolve();
  scans = 0;

  async scan(reader: BlobReader, signal: AbortSignal): Promise<string> {
    this.scans++;
    if (this.state === "down") throw new Refusal("scanner-down");
    if (this.state === "full") throw new Refusal("too-large-to-scan");
    const chunks: Buffer[] = [];
    await reader.pour(async (chunk) => void chunks.push(Buffer.from(chunk)));
    await Promise.race([
      this.gate,
      new Promise((_, no) => signal.addEventListener("abort", () => no(signal.reason as Error))),
    ]);
    return Buffer.concat(chunks).includes("plague") ? "Plague.Test" : "";
  }

  async check(): Promise<void> {}
}

let stage: OfficeStage;
let scanner: Played;
let blobs: MemoryBlobStore;
afterEach(() => stage.stop());

async function begin(absent: "hold" | "pass" = "hold", url?: string): Promise<void> {
  scanner = new Played();
  blobs = new MemoryBlobStore();
  stage = await new OfficeStage(url, {}, { scanner, absent, blobs }).start();
  for (const jid of [ROMEO, JULIET]) await stage.befriend(jid);
  await stage.online(ROMEO);
  stage.internet.files.set(link("good.txt"), GOOD);
  stage.internet.files.set(link("bad.txt"), BAD);
}

/** Sent by Romeo's client, for Juliet. */
async function send(bytes: Buffer, more: Partial<IncomingFile> = {}): Promise<unknown> {
  const file = { name: "letter.txt", size: bytes.length, description: "to juliet@example.org", ...more };
  const reception = await stage.office.receive(toJid(`${ROMEO}/home`) as FullJid, bare(BOT), file, "jingle");
  await reception.begin(0);
  await reception.write(bytes);
  const end = await reception.complete().then(() => "kept", (e: unknown) => e); // prettier-ignore
  await stage.settle();
  return end;
}

const stored = async (): Promise<string[]> => {
  const keys: string[] = [];
  for await (const key of blobs.keys()) keys.push(key);
  return keys;
};

describe("infected", () => {
  test("by a link: refused with the virus' name, and nothing is left", async () => {
    await begin();
    await stage.sendLink(`${ROMEO}/home`, link("bad.txt"));
    expect(stage.heard(ROMEO)).toEqual([
      "bad.txt was not kept. bad.txt is infected (Plague.Test), so I did not keep it.",
    ]);
    expect(await stored()).toEqual([]);
    await stage.say(`${ROMEO}/home`, "list");
    expect(stage.heard(ROMEO).join()).not.toMatch(/bad/);
  });

  test("by a stream, to somebody who is named: the stream's end says so, and she is told as well", async () => {
    await begin();
    await stage.online(JULIET);
    expect(await send(BAD)).toMatchObject({ code: "infected", details: { virus: "Plague.Test" } });
    expect(stage.heard(ROMEO).join("\n")).toMatch(/letter\.txt is infected \(Plague\.Test\)/);
    expect(stage.heard(JULIET)).toEqual([
      "romeo@example.org has sent you letter.txt (29 bytes). It was infected (Plague.Test), so I did not keep it.",
    ]);
    expect(await stored()).toEqual([]);
  });

  test("who blocks the sender, or does not know us, hears nothing of it", async () => {
    await begin();
    await stage.online(JULIET);
    await stage.say(`${JULIET}/home`, `block ${ROMEO}`);
    stage.heard(JULIET);
    await send(BAD, { description: `to ${JULIET}, ${STRANGER}` });
    expect(stage.heard(ROMEO).join()).toMatch(/infected/);
    expect([...stage.heard(JULIET), ...stage.heard(STRANGER)]).toEqual([]);
  });

  test("nobody is offered anything of a file while it comes in, or is looked through", async () => {
    await begin();
    await stage.online(JULIET);
    let go = (): void => undefined;
    scanner.gate = new Promise((resolve) => (go = resolve));
    const sending = send(GOOD);
    await stage.settle();
    expect(scanner.scans).toBe(1);
    expect(stage.heard(JULIET)).toEqual([]);
    go();
    expect(await sending).toBe("kept");
    expect(stage.heard(JULIET)[0]).toMatch(/has a file for you: letter\.txt/);
  });
});

describe("the scanner is away: hold", () => {
  test("kept, but nobody gets it; when it is back, it goes on by itself", async () => {
    await begin();
    scanner.state = "down";
    await stage.online(JULIET);
    expect(await send(GOOD)).toBe("kept");
    const said = stage.heard(ROMEO).join("\n");
    expect(said).toMatch(/I keep letter\.txt .* as number 1/);
    expect(said).toMatch(/The virus check does not answer just now, so nobody is given it yet/);
    expect(said).toMatch(/for juliet@example\.org waits for the virus check/);

    await stage.offline(JULIET);
    await stage.online(JULIET);
    expect(stage.heard(JULIET)).toEqual([]);
    for (const words of ["accept 1", "get 1", "accept letter.txt"]) {
      await stage.say(`${JULIET}/home`, words);
      expect(stage.heard(JULIET)).toEqual([expect.stringMatching(/^The virus check does not answer just now/)]);
    }
    for (const words of ["get 1", "link 1"]) {
      await stage.say(`${ROMEO}/home`, words);
      expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/^The virus check does not answer just now/)]);
    }
    for (const words of ["send 1 to juliet@example.org", "resend 1"]) {
      await stage.say(`${ROMEO}/home`, words);
      expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/waits for the virus check/)]);
    }
    await stage.say(`${ROMEO}/home`, "list");
    expect(stage.heard(ROMEO).join()).toMatch(/letter\.txt .* waits for the virus check/);
    expect(stage.heard(JULIET)).toEqual([]);

    await stage.held.lookThrough(); // still away
    await stage.settle();
    expect([...stage.heard(ROMEO), ...stage.heard(JULIET)]).toEqual([]);

    scanner.state = "up";
    await stage.held.lookThrough();
    await stage.settle();
    expect(stage.heard(ROMEO)).toEqual([
      "letter.txt (number 1) has been checked for viruses now, and none was found.",
      "letter.txt (number 1) has been offered to juliet@example.org.",
    ]);
    const offer = stage.heard(JULIET);
    expect(offer[0]).toMatch(/romeo@example\.org has a file for you: letter\.txt/);
    expect(await stage.fetch(offer[1]!)).toEqual(GOOD);
    await stage.held.lookThrough();
    await stage.settle();
    expect(stage.heard(ROMEO)).toEqual(["juliet@example.org has letter.txt (number 1)."]);
  });

  test("a stranger is invited when it is clean, and not before", async () => {
    await begin();
    scanner.state = "down";
    await stage.sendLink(`${ROMEO}/home`, link("good.txt"));
    await stage.say(`${ROMEO}/home`, `send 1 to ${STRANGER}`);
    expect(stage.heard(STRANGER)).toEqual([]);
    scanner.state = "up";
    await stage.held.lookThrough();
    await stage.settle();
    expect(stage.heard(STRANGER)).toEqual([expect.stringMatching(/romeo@example\.org has a file for you/)]);
  });

  test("it turns out to be infected: it goes away, its parcel fails, and both are told", async () => {
    await begin();
    scanner.state = "down";
    await stage.online(JULIET);
    await send(BAD);
    stage.heard(ROMEO);
    scanner.state = "up";
    await stage.held.lookThrough();
    await stage.settle();
    expect(stage.heard(ROMEO)).toEqual([
      "letter.txt (number 1), which waited for the virus check, is infected (Plague.Test). I have removed it.",
      "letter.txt (number 1) could not be handed to juliet@example.org. It was infected.",
    ]);
    expect(stage.heard(JULIET)).toEqual([
      expect.stringMatching(/has sent you letter\.txt .* infected \(Plague\.Test\)/),
    ]);
    await stage.say(`${JULIET}/home`, "accept 1");
    expect(stage.heard(JULIET).join()).toMatch(/Nothing is waiting for you|That is over/);
    await stage.housekeeping.sweep();
    expect(await stored()).toEqual([]);
  });

  test("a link to a file that is held does not open", async () => {
    await begin();
    await stage.sendLink(`${ROMEO}/home`, link("good.txt"));
    await stage.say(`${ROMEO}/home`, "link 1");
    const url = /https:\S+/.exec(stage.heard(ROMEO).at(-1)!)![0];
    const [file] = await stage.index.files(bare(ROMEO), undefined, 1);
    await stage.index.setFile(file!.id, { mark: "held" });
    await expect(stage.fetch(url)).rejects.toMatchObject({ code: "scanner-down" });
    await stage.held.lookThrough();
    expect(await stage.fetch(url)).toEqual(GOOD);
  });

  test("many of them, over more than one page, and one that was deleted meanwhile", async () => {
    await begin();
    scanner.state = "down";
    for (let i = 0; i < 45; i++) {
      stage.internet.files.set(link(`n${i}.txt`), Buffer.from(i === 30 ? "a plague" : `no ${i}`));
      await stage.sendLink(`${ROMEO}/home`, link(`n${i}.txt`));
      await stage.clock.turn(1_000);
    }
    await stage.say(`${ROMEO}/home`, "del n7.txt");
    stage.heard(ROMEO);
    scanner.state = "up";
    scanner.scans = 0;
    await stage.held.lookThrough();
    await stage.settle();
    expect(scanner.scans).toBe(44);
    const said = stage.heard(ROMEO);
    expect(said.filter((line) => line.includes("none was found"))).toHaveLength(43);
    expect(said.filter((line) => line.includes("infected"))).toHaveLength(1);
    expect(await stage.index.marked("held", undefined, 9)).toEqual([]);
  });
});

describe("otherwise it passes with a mark that everybody sees", () => {
  const unchecked = /It has not been checked for viruses\./;

  test("the scanner is away, and files are to pass", async () => {
    await begin("pass");
    scanner.state = "down";
    await stage.online(JULIET);
    await send(GOOD);
    expect(stage.heard(ROMEO).join("\n")).toMatch(unchecked);
    const offer = stage.heard(JULIET);
    expect(offer[0]).toMatch(unchecked);
    expect(await stage.fetch(offer[1]!)).toEqual(GOOD);
    await stage.say(`${ROMEO}/home`, "list");
    expect(stage.heard(ROMEO).join()).toMatch(/not checked for viruses/);
  });

  test.each([
    ["larger than the scanner takes", 10],
    ["larger than is to be looked through", 500_001],
  ])("%s", async (_, size) => {
    await begin();
    scanner.state = "full";
    await stage.online(JULIET);
    await send(Buffer.alloc(size, "x"));
    expect(stage.heard(ROMEO).join("\n")).toMatch(unchecked);
    expect(stage.heard(JULIET)[0]).toMatch(unchecked);
    expect(scanner.scans).toBe(size > 500_000 ? 0 : 1);
  });

  test("what waits when no check is configured any more, goes on", async () => {
    await begin();
    scanner.state = "down";
    await stage.online(JULIET);
    await send(GOOD);
    const [file] = await stage.index.files(bare(ROMEO), undefined, 1);
    expect(file!.mark).toBe("held");
    stage.heard(ROMEO);
    scanner.state = "full";
    await stage.held.lookThrough();
    await stage.settle();
    expect(stage.heard(ROMEO)[0]).toMatch(/waits for the virus check no longer, and goes on without/);
    expect(stage.heard(JULIET)[0]).toMatch(unchecked);
  });
});

test("who stops in the middle of looking goes on after the next start", async () => {
  await begin();
  scanner.gate = new Promise(() => undefined);
  const sending = send(GOOD);
  await stage.settle();
  const stopped = stage.keeper.stop();
  expect(await sending).toMatchObject({ code: "stopping" });
  await stopped;
  expect(await stored()).toHaveLength(1); // the next process finds the intake, and keeps it
  expect(stage.heard(ROMEO).join()).not.toMatch(/not kept/);
});
