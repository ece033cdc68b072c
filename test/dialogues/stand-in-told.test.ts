/** Who has only somebody's own address at the bot as a contact hears everything there: the whole component in memory, while the clock is turned. */
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { join } from "node:path";
import type { IncomingFile, Reception, Scanner } from "../../component/control/ports.js";
import { Refusal } from "../../component/lib/errors.js";
import { bare, toJid, type FullJid } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import { DiskBlobStore } from "../../component/storage/blob/disk.js";
import { MemoryBlobStore } from "../../component/storage/blob/memory.js";
import { BOT, OfficeStage } from "../harness/office-stage.js";
import { PlayedMethod } from "../harness/played-method.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

const DAY = 864e5;
const DOMAIN = "files.example.org";
const ROMEO = "romeo@example.org";
const JULIET = "juliet@example.org";
const PARIS = "paris@example.net"; // knows nobody here
const LETTER = "https://up.example.org/letter.txt";
const BYTES = Buffer.from("Wherefore art thou?");
const at = (person: string): string => `${person.replace("@", "\\40")}@${DOMAIN}`;

let stage: OfficeStage;
let scanner: Scanner & { says: string | undefined };
afterEach(() => stage.stop());

async function begin(...args: ConstructorParameters<typeof OfficeStage>): Promise<void> {
  stage = await new OfficeStage(...args).start();
  stage.internet.files.set(LETTER, BYTES);
  await stage.befriend(JULIET);
  await stage.receive(`<presence type='subscribe' from='${ROMEO}' to='${at(JULIET)}'/>`);
}

const link = (to: string, url = LETTER): Promise<void> =>
  stage.receive(`<message from='${ROMEO}/home' to='${to}' type='chat' id='${Math.random()}'><body>${url}</body><x xmlns='jabber:x:oob'><url>${url}</url></x></message>`); // prettier-ignore
const offer = (to = at(JULIET), file: Partial<IncomingFile> = {}): Promise<Reception> =>
  stage.office.receive(toJid(`${ROMEO}/home`) as FullJid, toJid(`${to}/restante`)!, { name: "letter.txt", size: BYTES.length, ...file }, "jingle"); // prettier-ignore
const atHers = (text: string): Promise<void> => stage.say(`${JULIET}/home`, text);
const urlIn = (lines: readonly string[]): string => lines.find((line) => line.startsWith("https://files"))!;

/** What Romeo was told since: from where, and what. */
function told(): { from: string; text: string }[] {
  const his = stage.stream.sent.filter((s) => s.name === "message" && String(s.attrs["to"]).split("/")[0] === ROMEO && s.getChild("body")); // prettier-ignore
  for (const s of his) stage.stream.sent.splice(stage.stream.sent.indexOf(s), 1);
  return his.map((s) => ({ from: String(s.attrs["from"]).split("/")[0]!, text: s.getChildText("body")! }));
}

/** A word there, which tells where commands are taken if it names one. */
function hears(what: RegExp, person = JULIET): void {
  const all = told();
  expect(all).toContainEqual({ from: at(person), text: expect.stringMatching(what) });
  for (const { from, text } of all) {
    expect([from, text]).toEqual([at(person), text]);
    const isCommand = /“(keep|resend|del) /.test(text);
    expect([text, text.includes(`Say that to ${BOT}: what you write here goes to ${person}.`)]).toEqual([text, isCommand]); // prettier-ignore
  }
}

async function later(days: number): Promise<void> {
  await stage.clock.turn(days * DAY);
  await stage.housekeeping.ends.round();
  await stage.settle();
}

describe("what becomes of a file that was sent there", () => {
  const sent = async (): Promise<void> => {
    await begin();
    await link(at(JULIET));
    hears(/I keep letter\.txt .* as number 1, until/);
  };
  const offered = async (): Promise<string> => {
    await sent();
    await stage.online(JULIET);
    hears(/letter\.txt \(number 1\) has been offered to juliet@/);
    return urlIn(stage.heard(JULIET));
  };
  const reminded = async (): Promise<void> => {
    await sent();
    await later(28);
    hears(/juliet@example\.org has not fetched letter\.txt \(number 1\) yet\. .*“keep 1”/);
  };
  const held = async (): Promise<void> => {
    scanner = {
      says: undefined,
      check: async () => undefined,
      async scan(reader) {
        await reader.close();
        if (this.says === undefined) throw new Refusal("scanner-down");
        return this.says;
      },
    };
    await begin(undefined, {}, { scanner });
    await link(at(JULIET));
    hears(/waits for the virus check/);
  };
  const looked = async (says: string): Promise<void> => {
    scanner.says = says;
    await stage.held.lookThrough();
    await stage.settle();
  };
  const cases: [string, RegExp, () => Promise<unknown>][] = [
    ["waits", /letter\.txt \(number 1\) waits for juliet@/, async () => (await begin(), link(at(JULIET)))],
    ["delivered", /juliet@example\.org has letter\.txt/, async () => {
      const url = await offered();
      await stage.fetch(url);
    }],
    ["declined", /juliet@example\.org does not want letter\.txt/, async () => (await offered(), atHers("decline 1"))],
    ["wanted after all", /juliet@example\.org has letter\.txt/, async () => {
      await offered();
      await atHers("decline 1");
      hears(/does not want/);
      await atHers("accept 1");
      await stage.fetch(urlIn(stage.heard(JULIET)));
    }],
    ["expired", /was not fetched by juliet@example\.org in time/, async () => (await reminded(), later(3))],
    ["nobody wants it, and it goes soon", /letter\.txt \(number 1\) is here until .*“keep 1”/, async () => {
      await offered();
      await atHers("decline 1");
      hears(/does not want/);
      await later(28);
    }],
    ["kept longer for her", /juliet@example\.org would like to have letter\.txt .*“del 1”/, async () => {
      await reminded();
      await stage.online(JULIET);
      hears(/has been offered/);
      await atHers("keep 1");
    }],
    ["sent again", /juliet@example\.org has letter\.txt/, async () => {
      await offered();
      await atHers("decline 1");
      hears(/does not want/);
      await atHers("accept 1");
      await stage.say(`${ROMEO}/home`, "resend 1"); // said to the bot, and answered there
      expect(told().map(({ from }) => from)).toEqual([BOT]);
      await stage.online(JULIET, "phone");
      await stage.fetch(urlIn(stage.heard(JULIET)));
    }],
    ["not kept", /letter\.txt was not kept/, async () => {
      await begin();
      stage.internet.files.delete(LETTER);
      await link(at(JULIET));
    }],
    ["cut before it was on record", /letter\.txt was not kept/, async () => {
      await begin();
      await (await offer()).fail(new Refusal("stream-cut", { name: "letter.txt" }));
    }],
    ["cut in the middle", /The transfer of letter\.txt was cut: .*“del letter\.txt”/, async () => {
      await begin();
      const reception = await offer();
      await reception.begin(0);
      await reception.write(BYTES.subarray(0, 7));
      await reception.fail(new Refusal("stream-cut", { name: "letter.txt" }));
    }],
    ["gone on with", /letter\.txt \(number 1\) waits for juliet@/, async () => {
      await begin();
      const sha256 = createHash("sha256").update(BYTES).digest("hex"); // else so few bytes would come from the beginning
      for (const [from, to] of [[0, 7], [7, BYTES.length]] as const) {
        const reception = await offer(at(JULIET), { sha256 });
        await reception.begin(from);
        await reception.write(BYTES.subarray(from, to));
        if (to < BYTES.length) await reception.fail(new Refusal("stream-cut", { name: "letter.txt" }));
        else await reception.complete();
      }
    }],
    ["offered while it came in", /juliet@example\.org has letter\.txt/, async () => {
      const jingle = new PlayedMethod("jingle", ["home"]);
      await begin(undefined, {}, { streams: [jingle] });
      await stage.online(JULIET);
      const reception = await offer();
      await reception.begin(0);
      await stage.settle();
      expect(jingle.offers).toHaveLength(1);
      await jingle.last.tell({ type: "moving" });
      await reception.write(BYTES);
      await reception.complete();
      await stage.settle();
      await jingle.last.tell({ type: "delivered" });
      expect(jingle.offers).toHaveLength(1);
    }],
    ["held for the virus check, and clean", /has been checked for viruses now/, async () => (await held(), looked(""))],
    ["held for the virus check, and infected", /letter\.txt .* is infected \(Plague\)/, async () => (await held(), looked("Plague"))], // prettier-ignore
    ["held, infected, and what becomes of it", /could not be handed to juliet@\S+ It was infected/, async () => (await held(), looked("Plague"))], // prettier-ignore
    ["claimed from the bot's own links", /letter\.txt \(number 1\) waits for juliet@/, async () => {
      await begin();
      await link(BOT);
      await stage.say(`${ROMEO}/home`, "link 1");
      const own = /https:\S+/.exec(told().at(-1)!.text)![0];
      await link(at(JULIET), own);
    }],
  ]; // prettier-ignore
  test.each(cases)("%s: %s", async (_, what, happens) => {
    await happens();
    await stage.settle();
    hears(what);
  });

  test("an address that nobody is found at", async () => {
    await begin();
    await link(at(PARIS));
    hears(/waits for paris@/, PARIS);
    const [invitation] = stage.stream.sent.filter((s) => s.attrs["to"] === PARIS);
    await stage.receive(`<message type='error' from='${PARIS}' to='${BOT}' id='${String(invitation!.attrs["id"])}'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`); // prettier-ignore
    hears(/I could not reach paris@example\.net .*“resend 1”/, PARIS);
  });

  test("what she is told comes from the bot, as ever", async () => {
    await begin();
    await stage.online(JULIET);
    await link(at(JULIET));
    const hers = stage.stream.sent.filter((s) => s.name === "message" && String(s.attrs["to"]).startsWith(JULIET));
    expect(new Set(hers.map((s) => String(s.attrs["from"])))).toEqual(new Set([BOT]));
  });
});

describe("what the bot itself was told to do, it tells itself", () => {
  test("a file that is kept, and sent on by a command", async () => {
    await begin();
    await link(BOT);
    await stage.say(`${ROMEO}/home`, `send 1 to ${JULIET}`);
    await stage.online(JULIET);
    await stage.fetch(urlIn(stage.heard(JULIET)));
    const all = told();
    expect(all.map(({ from }) => from)).toEqual([BOT, BOT, BOT, BOT]);
    expect(all.at(-1)!.text).toMatch(/juliet@example\.org has letter\.txt/);
  });

  test("one file to her own address and to another by a command: each where it was sent", async () => {
    await begin();
    await link(at(JULIET));
    hears(/waits for juliet/);
    await stage.befriend("nurse@example.org");
    await stage.say(`${ROMEO}/home`, "send 1 to nurse@example.org");
    await stage.online("nurse@example.org");
    expect(told().map(({ from }) => from)).toEqual([BOT, BOT]);
    await stage.online(JULIET);
    hears(/has been offered to juliet/);
    await later(28);
    expect(told()).toEqual([{ from: BOT, text: expect.stringMatching(/have not fetched letter\.txt/) }]); // of both
  });
});

describe("a program that dies in between", () => {
  let folder: TempFolder;
  beforeEach(async () => {
    folder = await tempFolder();
  });
  afterEach(() => folder.remove());

  const lives = async (
    life: (...args: ConstructorParameters<typeof OfficeStage>) => Promise<unknown>,
  ): Promise<void> => {
    // prettier-ignore
    const blobs = new DiskBlobStore(join(folder.path, "blobs"), createLog("silent"));
    await blobs.start();
    await life(`sqlite:${join(folder.path, "r.db")}`, {}, { blobs });
  };
  /** The next process goes on until Romeo is told something. */
  const nextLife = (): Promise<void> =>
    lives(async (...args) => {
      await stage.index.stop(); // nothing more reaches the records, as after kill -9
      stage = await new OfficeStage(...args).start();
      stage.internet.files.set(LETTER, BYTES);
      await stage.housekeeping.recover();
      for (
        const end = Date.now() + 20_000;
        Date.now() < end && !stage.stream.sent.some((s) => s.attrs["to"] === ROMEO && s.getChild("body"));
      )
        // prettier-ignore
        await stage.settle();
      await stage.settle();
    });

  test("while it fetches: what is kept in the end is told there", async () => {
    await lives(begin);
    stage.internet.gate = new Promise(() => undefined);
    await link(at(JULIET));
    await nextLife();
    hears(/I keep letter\.txt .* as number 1, until/);
    await stage.online(JULIET);
    hears(/has been offered to juliet/);
  });

  test.each<[string, number, RegExp]>([
    ["a part", 7, /The transfer of letter\.txt was cut/],
    ["all", BYTES.length, /letter\.txt \(number 1\) waits for juliet/],
  ])("while it receives, and %s is here", async (_, bytes, what) => {
    await lives(begin);
    const reception = await offer();
    await reception.begin(0);
    await reception.write(BYTES.subarray(0, bytes));
    await nextLife();
    hears(what);
  });

  test("while a parcel waits", async () => {
    const [url, blobs] = [`sqlite:${join(folder.path, "r.db")}`, new MemoryBlobStore()];
    await begin(url, {}, { blobs });
    await link(at(JULIET));
    hears(/waits for juliet/);
    await stage.stop();
    stage = await new OfficeStage(url, {}, { blobs }).start();
    await stage.online(JULIET);
    hears(/has been offered to juliet/);
    await stage.fetch(urlIn(stage.heard(JULIET)));
    hears(/juliet@example\.org has letter\.txt/);
  });

  test("and comes back at another domain: the bot speaks", async () => {
    await begin();
    await stage.index.addNotices([
      { id: "n", to: bare(ROMEO), kind: "passed-words", details: { text: "hi", speaker: "juliet\\40example.org@old.example.org" }, since: 0 },
    ]); // prettier-ignore
    stage.office.connected();
    await stage.settle();
    expect(told()).toEqual([{ from: BOT, text: "hi" }]);
  });
});
