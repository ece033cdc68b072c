/** How files come to their ends, as both sides hear of it, while the clock is turned. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Refusal } from "../../component/lib/errors.js";
import { bare } from "../../component/lib/jid.js";
import { OfficeStage } from "../harness/office-stage.js";

const DAY = 864e5;
const ROMEO = "romeo@example.org";
const JULIET = "juliet@example.org";
const NURSE = "nurse@elsewhere.example";
const PHOTO = "https://upload.example.org/x/photo.jpg";
const BYTES = Buffer.from("Wherefore art thou?");

let stage: OfficeStage;
const begin = async (...args: ConstructorParameters<typeof OfficeStage>): Promise<void> => {
  stage = await new OfficeStage(...args).start();
};
beforeEach(() => begin());
afterEach(() => stage.stop());

const urlIn = (lines: string[]): string => lines.find((line) => line.startsWith("https://files"))!;
/** Romeo keeps so many files; all are there. */
async function kept(files = 1): Promise<void> {
  for (const jid of [ROMEO, JULIET, NURSE]) await stage.befriend(jid);
  for (const jid of [ROMEO, JULIET, NURSE]) await stage.online(jid);
  for (let i = 1; i <= files; i++) {
    stage.internet.files.set(`${PHOTO}${i}`, Buffer.concat([BYTES, Buffer.from(`${i}`)]));
    await stage.sendLink(`${ROMEO}/home`, `${PHOTO}${i}`);
  }
  expect(stage.heard(ROMEO).join()).toContain(`as number ${files}`);
}
/** So many days later, housekeeping has had its turn. */
async function later(days: number): Promise<void> {
  await stage.clock.turn(days * DAY);
  await stage.housekeeping.ends.round();
  await stage.settle();
}
const toBot = (jid: string, text: string): Promise<void> => stage.say(`${jid}/home`, text);
const isHere = async (number = 1): Promise<boolean> => (await stage.index.findFiles(bare(ROMEO), number, 1)).length > 0;
async function hears(jid: string, what: RegExp): Promise<void> {
  expect(stage.heard(jid)).toEqual([expect.stringMatching(what)]);
}

describe("before the end", () => {
  test("owner and recipient are reminded once each; keep puts it off for both, and they are reminded again", async () => {
    await kept();
    await toBot(ROMEO, `send 1 to ${JULIET}`);
    const url = urlIn(stage.heard(JULIET));
    stage.heard(ROMEO);
    await later(26);
    expect([stage.heard(ROMEO), stage.heard(JULIET)]).toEqual([[], []]);
    await later(2);
    await hears(
      ROMEO,
      /^juliet@example\.org has not fetched photo\.jpg1 \(number 1\) yet\. It is here until 2026-01-31/,
    );
    await hears(JULIET, /^photo\.jpg1 \(20 bytes\) from romeo@example\.org still waits for you, until 2026-01-31.*“get 1”.*“keep 1”/); // prettier-ignore
    await later(1);
    expect([stage.heard(ROMEO), stage.heard(JULIET)]).toEqual([[], []]);
    await toBot(ROMEO, "keep 1");
    await hears(ROMEO, /^I keep photo\.jpg1 \(number 1\) until 2026-03-01\.$/);
    await later(10); // past the first end
    expect(await isHere()).toBe(true);
    expect((await stage.fetch(url)).toString()).toBe(`${BYTES.toString()}1`);
    await hears(ROMEO, /^juliet@example\.org has photo\.jpg1/);
    await later(19);
    expect([stage.heard(ROMEO), stage.heard(JULIET)]).toEqual([[], []]); // everybody has it
    await later(2);
    expect(await isHere()).toBe(false);
  });

  test("a file of one's own; the end comes when nothing is said", async () => {
    await kept();
    await later(28);
    await hears(ROMEO, /^photo\.jpg1 \(number 1\) is here until 2026-01-31, and then it goes/);
    await later(2.1);
    expect(stage.heard(ROMEO)).toEqual([]);
    expect(await isHere()).toBe(false);
  });

  test("a recipient has it kept longer: its owner hears of it, and may delete it all the same", async () => {
    await kept();
    await toBot(ROMEO, `send 1 to ${NURSE}`);
    const url = urlIn(stage.heard(NURSE));
    await toBot(NURSE, "keep 1");
    await hears(NURSE, /^photo\.jpg1 from romeo@example\.org is here until 2026-01-31 anyway/);
    await later(28);
    stage.heard(ROMEO);
    stage.heard(NURSE);
    await toBot(NURSE, "keep photo.jpg1");
    await hears(NURSE, /^I keep photo\.jpg1 from romeo@example\.org for you until 2026-02-28\.$/);
    await hears(ROMEO, /^nurse@elsewhere\.example would like to have photo\.jpg1 \(number 1\) for longer: I keep it until 2026-02-28/); // prettier-ignore
    await later(5);
    await toBot(ROMEO, "del 1");
    await expect(stage.fetch(url)).rejects.toBeInstanceOf(Refusal);
    stage.heard(NURSE);
    await toBot(NURSE, "keep 1");
    await hears(NURSE, /^That is over: photo\.jpg1 is withdrawn/);
  });

  test("of many files one line, and one word keeps them all", async () => {
    await kept(5);
    for (let i = 1; i <= 5; i++) await toBot(ROMEO, `send ${i} to ${JULIET}`);
    stage.heard(JULIET);
    stage.heard(ROMEO);
    await toBot(ROMEO, "keep");
    await hears(ROMEO, /^Nothing of yours goes soon/);
    await later(28);
    await hears(ROMEO, /^5 files of yours go soon/);
    await hears(JULIET, /^5 files still wait for you/);
    await toBot(JULIET, "keep");
    await hears(JULIET, /^I keep 5 files longer, until 2026-02-28\.$/);
    expect(stage.heard(ROMEO)).toHaveLength(5);
    await toBot(ROMEO, "keep");
    await hears(ROMEO, /^Nothing of yours goes soon/);
    await later(5);
    await toBot(ROMEO, "list");
    expect(stage.heard(ROMEO).join()).toMatch(/You keep 5 files/);
  });

  test("somebody who is away is reminded when he is back; somebody who never answered is not written to again", async () => {
    await kept();
    await toBot(ROMEO, `send 1 to ${JULIET}, stranger@elsewhere.example`);
    stage.heard("stranger@elsewhere.example");
    stage.heard(JULIET);
    await stage.offline(JULIET);
    await later(28);
    expect(stage.heard("stranger@elsewhere.example")).toEqual([]);
    expect(stage.heard(JULIET)).toEqual([]);
    await stage.online(JULIET);
    expect(stage.heard(JULIET).join()).toMatch(/still waits for you/);
  });

  test("what is not there cannot be kept", async () => {
    await kept();
    await toBot(ROMEO, "keep 7");
    await hears(ROMEO, /You have no file number 7/);
  });

  test("files that are kept for a short while only are not reminded of", async () => {
    await stage.stop();
    await begin("sqlite::memory:", { keep: DAY, remind: 3 * DAY });
    await kept();
    await later(0.4);
    expect(stage.heard(ROMEO)).toEqual([]);
    await later(0.2);
    await hears(ROMEO, /is here until 2026-01-02 00:00 UTC/);
  });
});

describe("a file that goes by itself", () => {
  test("goes when the last of those to whom it was sent has it, with a word to its owner", async () => {
    await kept();
    await toBot(ROMEO, "once photo.jpg1");
    await hears(ROMEO, /^photo\.jpg1 \(number 1\) goes by itself as soon as everybody to whom you sent it has it, and on 2026-01-31/); // prettier-ignore
    await toBot(ROMEO, "list");
    await hears(ROMEO, /photo\.jpg1 · 20 bytes · until 2026-01-31 · goes when fetched/);
    await toBot(ROMEO, `send 1 to ${JULIET}`);
    await toBot(ROMEO, `send 1 to ${NURSE}`);
    await later(0.1);
    await stage.fetch(urlIn(stage.heard(JULIET)));
    await later(0.1);
    expect(await isHere()).toBe(true);
    await toBot(ROMEO, "status 1");
    expect(stage.heard(ROMEO).at(-1)).toMatch(/here until 2026-01-31 00:00 UTC · goes when fetched/);
    const url = urlIn(stage.heard(NURSE));
    await stage.fetch(url);
    await later(0.1);
    expect(stage.heard(ROMEO).at(-1)).toBe("Everybody to whom you sent photo.jpg1 (number 1) has it, so it is gone, as you wanted."); // prettier-ignore
    expect(await isHere()).toBe(false);
    await expect(stage.fetch(url)).rejects.toMatchObject({ code: "not-found" });
    stage.heard(NURSE);
    await toBot(NURSE, "accept 1");
    await hears(NURSE, /^Nothing is waiting for you under number 1/);
    await stage.housekeeping.sweep();
    const keys: string[] = [];
    for await (const key of stage.blobs.keys()) keys.push(key);
    expect(keys).toEqual([]);
  });

  test("stays while one is declined, and does not go when that is taken back", async () => {
    await kept();
    await toBot(ROMEO, "once 1");
    await toBot(ROMEO, `send 1 to ${JULIET}`);
    await toBot(ROMEO, `send 1 to ${NURSE}`);
    await toBot(NURSE, "decline 1");
    await stage.fetch(urlIn(stage.heard(JULIET)));
    await later(0.1);
    expect(await isHere()).toBe(true);
    await toBot(ROMEO, "once 1 off");
    expect(stage.heard(ROMEO).at(-1)).toMatch(/^photo\.jpg1 \(number 1\) stays until 2026-01-31, whoever has it/);
    stage.heard(NURSE);
    await toBot(NURSE, "accept 1");
    await stage.fetch(urlIn(stage.heard(NURSE)));
    await later(1);
    expect(await isHere()).toBe(true);
    stage.heard(ROMEO);
    await toBot(ROMEO, "once 1");
    await hears(ROMEO, /^Everybody to whom you sent photo\.jpg1 \(number 1\) has it, so it goes now/);
    await later(0.1);
    expect(await isHere()).toBe(false);
  });
});

test("the end that comes while somebody puts it off does not come", async () => {
  await kept();
  await toBot(ROMEO, `send 1 to ${JULIET}`);
  const url = urlIn(stage.heard(JULIET));
  await stage.clock.turn(30 * DAY + 1);
  // Between what housekeeping has read and what it does.
  const endedFiles = stage.index.endedFiles.bind(stage.index);
  const endedParcels = stage.index.endedParcels.bind(stage.index);
  const putOff = <T>(read: (now: number, limit: number) => Promise<T>) => async (now: number, limit: number): Promise<T> => {
    const ended = await read(now, limit);
    const [file] = await stage.index.findFiles(bare(ROMEO), 1, 1);
    await stage.index.extendFile(file!.id, now + 30 * DAY);
    return ended;
  }; // prettier-ignore
  stage.index.endedParcels = putOff(endedParcels);
  stage.index.endedFiles = putOff(endedFiles);
  await stage.housekeeping.ends.round();
  expect(await isHere()).toBe(true);
  expect((await stage.fetch(url)).length).toBe(20);
});

test("what became of a parcel can be asked for as long as files are kept, and is forgotten then", async () => {
  await kept();
  await toBot(ROMEO, `send 1 to ${JULIET}`);
  await stage.fetch(urlIn(stage.heard(JULIET)));
  await stage.settle();
  const { id } = (await stage.index.sentBy(bare(ROMEO), undefined, 1))[0]!;
  await later(31);
  expect(await isHere()).toBe(false);
  await later(28);
  expect(await stage.index.parcel(id)).toMatchObject({ state: "delivered" });
  await later(2);
  expect(await stage.index.parcel(id)).toBeUndefined();
  stage.heard(ROMEO);
  await toBot(ROMEO, "status 1");
  await hears(ROMEO, /number 1/);
});

test("rights to upload whose time has been up for a day are forgotten", async () => {
  const now = stage.clock.now();
  const right = { owner: bare(ROMEO), kind: "slot", name: "a", size: 1, mediaType: "", link: "", purpose: "", recipients: [], since: now, fileId: "" } as const; // prettier-ignore
  await stage.index.addUploadRight({ ...right, hash: "old", until: now + 1 });
  await stage.index.addUploadRight({ ...right, hash: "new", until: now + DAY });
  await later(1.5);
  expect(await stage.index.uploadRight("old")).toBeUndefined();
  expect(await stage.index.uploadRight("new")).toBeDefined();
});

test("nobody else's files can be kept or made to go", async () => {
  await kept();
  await toBot(JULIET, "keep 1");
  await hears(JULIET, /no file number 1/);
  await toBot(JULIET, "once 1");
  await hears(JULIET, /no file number 1/);
});
