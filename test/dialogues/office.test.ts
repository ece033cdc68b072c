/** The main job and its turns, stanza by stanza, with the whole component in memory. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { parse } from "ltx";
import { Refusal } from "../../component/lib/errors.js";
import type { Element } from "../../component/messenger/stanza.js";
import { settled } from "../harness/fake-clock.js";
import { BOT, OfficeStage } from "../harness/office-stage.js";

const ROMEO = "romeo@example.org";
const JULIET = "juliet@example.org";
const PHOTO = "https://upload.example.org/x/photo.jpg";
const BYTES = Buffer.from("not really a photo, but the bytes are what counts");

let stage: OfficeStage;
const begin = async (...args: ConstructorParameters<typeof OfficeStage>): Promise<OfficeStage> => {
  stage = await new OfficeStage(...args).start();
  stage.internet.files.set(PHOTO, BYTES);
  return stage;
};
afterEach(() => stage.stop());

const urlIn = (lines: readonly string[]): string => lines.find((l) => l.startsWith("https://files.example.org/g/"))!;

/** Both know the bot; Romeo's photo is kept as number 1. */
async function kept(): Promise<OfficeStage> {
  await begin();
  await stage.befriend(ROMEO);
  await stage.befriend(JULIET);
  await stage.online(ROMEO);
  await stage.sendLink(`${ROMEO}/home`, PHOTO);
  expect(stage.heard(ROMEO).join()).toMatch(/I keep photo\.jpg \(49 bytes\) as number 1/);
  return stage;
}

describe("the main job", () => {
  test("kept, waiting, offered when she comes, fetched, and he is told each once, the last when he is back", async () => {
    await kept();
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    expect(stage.heard(ROMEO)).toEqual([
      expect.stringMatching(/photo\.jpg \(number 1\) waits for juliet@example\.org/),
    ]);
    expect(stage.heard(JULIET)).toEqual([]);

    await stage.offline(ROMEO);
    await stage.online(JULIET);
    const offer = stage.heard(JULIET);
    expect(offer).toEqual([
      expect.stringMatching(/romeo@example\.org has a file for you: photo\.jpg \(49 bytes\)/),
      expect.stringMatching(/^https:/),
    ]);
    expect(stage.heard(ROMEO)).toEqual([]); // he is away: it is kept for him

    expect(await stage.fetch(urlIn(offer))).toEqual(BYTES);
    await stage.online(JULIET, "phone");
    expect(stage.heard(JULIET)).toEqual([]); // one offer a parcel, not one a presence

    await stage.online(ROMEO);
    expect(stage.heard(ROMEO)).toEqual([
      expect.stringMatching(/has been offered/),
      expect.stringMatching(/^juliet@example\.org has photo\.jpg/),
    ]);
    await stage.offline(ROMEO);
    await stage.online(ROMEO);
    expect(stage.heard(ROMEO)).toEqual([]);
  });

  test("she is online already: offered at once", async () => {
    await kept();
    await stage.online(JULIET);
    await stage.say(`${ROMEO}/home`, "send photo.jpg to juliet@example.org");
    expect(urlIn(stage.heard(JULIET))).toBeDefined();
  });

  test("she says no: the link ends, he is told, and she may think again", async () => {
    await kept();
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    await stage.online(JULIET);
    const url = urlIn(stage.heard(JULIET));
    await stage.say(`${JULIET}/home`, "decline 1");
    expect(stage.heard(JULIET).join()).toMatch(/Declined: photo\.jpg/);
    expect(stage.heard(ROMEO).at(-1)).toMatch(/does not want photo\.jpg/);
    await expect(stage.fetch(url)).rejects.toBeInstanceOf(Refusal);
    await stage.say(`${ROMEO}/home`, "resend 1");
    expect(stage.heard(ROMEO).at(-1)).toMatch(/photo\.jpg is declined/);
    await stage.say(`${JULIET}/home`, "accept 1");
    expect(await stage.fetch(urlIn(stage.heard(JULIET)))).toEqual(BYTES);
  });

  test("she takes it once more: he is told once, and again when he has sent it again", async () => {
    await kept();
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    await stage.online(JULIET);
    const has = (): number => stage.heard(ROMEO).filter((line) => /juliet@example\.org has photo\.jpg/.test(line)).length; // prettier-ignore
    const take = async (): Promise<void> => void (await stage.fetch(urlIn(stage.heard(JULIET))));
    await take();
    expect(has()).toBe(1);
    for (let i = 0; i < 2; i++) {
      await stage.say(`${JULIET}/home`, "accept 1");
      await take();
    }
    expect(has()).toBe(0);
    await stage.say(`${ROMEO}/home`, "resend 1");
    await take();
    expect(has()).toBe(1);
  });

  test("cut in the middle and resumed: delivered only when every byte has gone", async () => {
    await kept();
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    await stage.online(JULIET);
    const url = urlIn(stage.heard(JULIET));
    stage.heard(ROMEO);
    await stage.fetch(url, 20);
    expect(stage.heard(ROMEO)).toEqual([]);
    await stage.say(`${ROMEO}/home`, "status 1");
    expect(stage.heard(ROMEO).join()).toMatch(/offered.*first byte.*cut/s);
    await stage.fetch(url);
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/juliet@example\.org has photo\.jpg/)]);
  });

  test("taken back: she is told, the link ends, the bytes go with the next sweep", async () => {
    await kept();
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    await stage.online(JULIET);
    const url = urlIn(stage.heard(JULIET));
    await stage.say(`${ROMEO}/home`, "del 1");
    expect(stage.heard(ROMEO).at(-1)).toMatch(/Deleted: photo\.jpg \(number 1\)\. Taken back from juliet@example\.org/);
    expect(stage.heard(JULIET)).toEqual([expect.stringMatching(/has taken back photo\.jpg/)]);
    await expect(stage.fetch(url)).rejects.toBeInstanceOf(Refusal);
    await stage.housekeeping.sweep();
    const keys: string[] = [];
    for await (const key of stage.blobs.keys()) keys.push(key);
    expect(keys).toEqual([]);
  });

  test("taken back while she fetches it: no more of it goes", async () => {
    await begin();
    stage.internet.files.set(PHOTO, Buffer.alloc(900_000, 7));
    for (const who of [ROMEO, JULIET]) await stage.befriend(who);
    await stage.sendLink(`${ROMEO}/home`, PHOTO);
    await stage.online(JULIET);
    await stage.say(`${ROMEO}/home`, `send 1 to ${JULIET}`);
    const open = await stage.desk.open(/\/g\/([^/]+)/.exec(urlIn(stage.heard(JULIET)))![1]!);
    const reader = await open.read({ start: 0, end: open.size });
    await open.moving();
    let got = 0;
    const poured = reader.pour(async (chunk) => {
      got += chunk.length;
      if (got === chunk.length) await stage.say(`${ROMEO}/home`, "del 1");
    });
    await expect(poured).rejects.toMatchObject({ code: "link-ended" });
    expect(got).toBeLessThan(open.size);
    await open.served({ start: 0, end: got });
    expect(stage.heard(ROMEO).join()).not.toContain("juliet@example.org has photo.jpg");
  });

  test("taken back while the last of it goes: the file goes all the same", async () => {
    await kept();
    await stage.say(`${ROMEO}/home`, `send 1 to ${JULIET}`);
    const parcelsOf = stage.index.parcelsOf.bind(stage.index);
    stage.index.parcelsOf = async (...args) => {
      const parcels = await parcelsOf(...args);
      for (const { id } of parcels) await stage.delivery.apply(id, "complete");
      return parcels;
    };
    await stage.say(`${ROMEO}/home`, "del 1");
    expect(await stage.index.files(ROMEO as never, undefined, 9)).toEqual([]);
  });

  test("its time is up: both the parcel and the file end, and he is told", async () => {
    await kept();
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    stage.heard(ROMEO);
    await stage.clock.turn(31 * 864e5);
    await stage.housekeeping.ends.round();
    await stage.settle();
    expect(stage.heard(ROMEO).join()).toMatch(/was not fetched by juliet@example\.org in time/);
    await stage.say(`${ROMEO}/home`, "list");
    expect(stage.heard(ROMEO).join()).toMatch(/0 files/);
  });

  test("resend after delivery offers it once more, with a new link", async () => {
    await kept();
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    await stage.online(JULIET);
    await stage.fetch(urlIn(stage.heard(JULIET)));
    await stage.say(`${ROMEO}/home`, "resend 1");
    expect(await stage.fetch(urlIn(stage.heard(JULIET)))).toEqual(BYTES);
  });
});

describe("the list", () => {
  test("says that there is more when there is, and not of a page that is just full", async () => {
    await begin("sqlite::memory:", { commands: 100 });
    await stage.befriend(ROMEO);
    await stage.online(ROMEO);
    const send = async (n: number): Promise<void> => {
      const url = `https://upload.example.org/x/Notes, part ${n}.txt`.replaceAll(" ", "%20");
      stage.internet.files.set(url, Buffer.from(`part ${n}`));
      await stage.sendLink(`${ROMEO}/home`, url);
    };
    const listed = async (words: string): Promise<string> => {
      stage.heard(ROMEO);
      await stage.say(`${ROMEO}/home`, words);
      return stage.heard(ROMEO).join("\n");
    };
    for (let n = 1; n <= 20; n++) await send(n);
    const full = await listed("list");
    expect(full).toContain("1 · Notes, part 1.txt");
    expect(full).not.toContain("older");
    await send(21);
    expect(await listed("list")).toContain("Say “list before 2” for older ones.");
    expect(await listed("list before 2")).toMatch(/1 · Notes, part 1\.txt · 6 bytes · until .*$/);
    expect(await listed("get notes, part 3.TXT")).toMatch(/^https:/);
  });
});

describe("the name of a file that comes by a link", () => {
  const DOWNLOAD = "https://upload.example.org/download.php?id=5";
  const named = (name: string): string =>
    `<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'><name>${name}</name></file><sources><url-data xmlns='http://jabber.org/protocol/url-data' target='${DOWNLOAD}'/></sources></file-sharing>`;

  test.each([
    ["what its server calls it", "", "../report\n2026.pdf", "report 2026.pdf"],
    ["what its sender calls it", named("mine.pdf"), "report.pdf", "mine.pdf"],
    ["else what the link looks like", "", "", "download.php"],
  ])("is %s", async (_, more, served, name) => {
    await begin();
    stage.internet.files.set(DOWNLOAD, BYTES);
    stage.internet.names.set(DOWNLOAD, served);
    await stage.receive(`<message from='${ROMEO}/home' to='${BOT}' type='chat' id='d'><body>${DOWNLOAD}</body>${more}</message>`); // prettier-ignore
    expect(stage.heard(ROMEO).join()).toContain(`I keep ${name} (49 bytes)`);
    expect(await stage.index.files(ROMEO as never, undefined, 10)).toMatchObject([{ name }]);
  });
});

describe("who is asked to say it again", () => {
  test.each(["contact", "beginIntake"] as const)("is heard at once (%s)", async (question) => {
    await begin();
    const real = stage.index[question].bind(stage.index) as (what: unknown) => Promise<unknown>;
    let isAway = true;
    const faulty = (what: unknown): Promise<unknown> => isAway ? Promise.reject(new Refusal("index-down")) : real(what); // prettier-ignore
    Object.assign(stage.index, { [question]: faulty });
    await stage.sendLink(`${ROMEO}/home`, PHOTO);
    isAway = false;
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/My records do not answer.*try again in a moment/)]);
    await stage.sendLink(`${ROMEO}/home`, PHOTO);
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/I keep photo\.jpg/)]);
  });
});

describe("somebody who has never met the bot", () => {
  test("gets one invitation, not a file; accepting brings it and makes us acquainted", async () => {
    await begin();
    await stage.befriend(ROMEO);
    await stage.online(ROMEO);
    await stage.sendLink(`${ROMEO}/home`, PHOTO);
    await stage.say(`${ROMEO}/home`, "send 1 to eve@elsewhere.example");
    await stage.say(`${ROMEO}/home`, "send 1 to eve@elsewhere.example");
    const invitation = stage.heard("eve@elsewhere.example");
    expect(invitation).toEqual([
      expect.stringMatching(/romeo@example\.org has a file for you.*accept 1.*block romeo@example\.org/),
    ]);
    expect(invitation.join()).not.toContain("https://");
    stage.stream.take();
    await stage.say("eve@elsewhere.example/x", "accept 1");
    expect(stage.stream.sent.some((s) => s.name === "presence" && s.attrs["type"] === "subscribe")).toBe(true);
    expect(await stage.fetch(urlIn(stage.heard("eve@elsewhere.example")))).toEqual(BYTES);
    expect(stage.heard(ROMEO).join()).toMatch(/eve@elsewhere\.example has photo\.jpg/);
  });

  test("gets one invitation also when several files come at once", async () => {
    await begin();
    for (const who of [ROMEO, "mercutio@example.org"]) {
      await stage.befriend(who);
      await stage.sendLink(`${who}/home`, PHOTO);
    }
    stage.stream.take();
    const setContact = stage.index.setContact.bind(stage.index);
    stage.index.setContact = async (...args) => {
      for (let i = 0; i < 100; i++) await settled(); // records may be slow
      return setContact(...args);
    };
    const order = (from: string): Promise<unknown> =>
      stage.stream.receive(parse(`<message from='${from}/home' to='${BOT}' type='chat' id='${from}'><body>send 1 to eve@elsewhere.example</body></message>`)); // prettier-ignore
    void order(ROMEO);
    void order("mercutio@example.org");
    await stage.settle();
    expect(stage.heard("eve@elsewhere.example")).toHaveLength(1);
  });

  test("a bounce is told to the sender in the same words, whether the address exists or not", async () => {
    await begin();
    await stage.befriend(ROMEO);
    await stage.online(ROMEO);
    await stage.sendLink(`${ROMEO}/home`, PHOTO);
    stage.heard(ROMEO);
    const told: string[][] = [];
    for (const [who, condition] of [
      ["nobody@example.org", "item-not-found"],
      ["bob@example.org", "service-unavailable"],
    ] as const) {
      stage.stream.take();
      await stage.say(`${ROMEO}/home`, `send 1 to ${who}`);
      const id = String(stage.stream.sent.find((s) => s.attrs["to"] === who)!.attrs["id"]);
      await stage.receive(
        `<message type='error' from='${who}' to='bot@files.example.org' id='${id}'><error type='cancel'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
      );
      told.push(stage.heard(ROMEO).map((l) => l.replaceAll(who, "WHO")));
    }
    expect(told[0]).toHaveLength(2);
    expect(told[0]![1]).toMatch(/could not reach WHO/);
    expect(told[1]).toEqual(told[0]);
    await stage.say(`${ROMEO}/home`, "status 1");
    const status = stage.heard(ROMEO).join();
    expect(status.match(/came back$/gm)).toHaveLength(2);
    expect(status).not.toMatch(/item-not-found|service-unavailable/);
  });

  test("whoever seems to be there and gives back what comes is tried again when he is seen next, not for ever", async () => {
    await kept();
    stage.index.onNudge((_, who) => void (stage.directory.resources(who).length > 0 && stage.delivery.consider(who)));
    await stage.online(JULIET);
    stage.stream.take();
    await stage.say(`${ROMEO}/home`, `send 1 to ${JULIET}`);
    const giveBack = async (): Promise<number> => {
      let rounds = 0;
      for (let offers = toHer(); offers.length > 0 && rounds < 5; rounds++, offers = toHer())
        for (const { attrs } of offers)
          await stage.receive(`<message type='error' from='${JULIET}/home' to='${BOT}' id='${attrs["id"]}'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`); // prettier-ignore
      return rounds;
    };
    const toHer = (): Element[] => stage.stream.take().filter((s) => s.name === "message" && s.attrs["to"] === JULIET);
    expect(await giveBack()).toBe(1);
    await stage.online(JULIET);
    expect(await giveBack()).toBe(1);
    await stage.online(JULIET);
    expect(await stage.fetch(urlIn(stage.heard(JULIET)))).toEqual(BYTES);
  });

  test("who is not served is refused politely, and only so often", async () => {
    await begin("sqlite::memory:", { commands: 3 });
    for (let i = 0; i < 10; i++) await stage.say("eve@elsewhere.example/x", "hello");
    const heard = stage.heard("eve@elsewhere.example");
    expect(heard).toHaveLength(4);
    expect(heard[0]).toMatch(/I serve the people of example\.org only/);
    expect(heard[3]).toMatch(/a bit much at once/);
    await stage.clock.turn(60_000);
    await stage.say("eve@elsewhere.example/x", "hello");
    expect(stage.heard("eve@elsewhere.example")).toHaveLength(1);
  });

  test("a blocked sender is refused, and what he had under way is declined", async () => {
    await kept();
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    await stage.online(JULIET);
    stage.heard(JULIET);
    await stage.say(`${JULIET}/home`, "block romeo@example.org");
    expect(stage.heard(ROMEO).at(-1)).toMatch(/does not want/);
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    expect(stage.heard(ROMEO).at(-1)).toMatch(/juliet@example\.org does not take files from you/);
    await stage.say(`${JULIET}/home`, "unblock romeo@example.org");
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    expect(urlIn(stage.heard(JULIET))).toBeDefined();
  });
});

describe("what is not kept, and why", () => {
  test.each<[string, string, RegExp]>([
    ["a link to ourselves", "https://127.0.0.1/x", /may not fetch from that address/],
    ["a link that is not there", "https://upload.example.org/gone", /gone was not kept.*answered 404/],
  ])("%s", async (_what, url, sentence) => {
    await begin();
    await stage.befriend(ROMEO);
    await stage.online(ROMEO);
    await stage.sendLink(`${ROMEO}/home`, url);
    expect(stage.heard(ROMEO).join()).toMatch(sentence);
  });

  test("too large, over quota, empty; and nothing of it stays", async () => {
    await begin("sqlite::memory:", { file: 100_000, quota: 150_000 });
    await stage.befriend(ROMEO);
    await stage.online(ROMEO);
    const send = async (name: string, size: number): Promise<string> => {
      stage.internet.files.set(`https://u/${name}`, Buffer.alloc(size, name));
      await stage.sendLink(`${ROMEO}/home`, `https://u/${name}`);
      return stage.heard(ROMEO).join();
    };
    expect(await send("large", 100_001)).toMatch(/large was not kept/);
    expect(await send("empty", 0)).toMatch(/empty is empty/);
    expect(await send("one", 90_000)).toMatch(/I keep one/);
    expect(await send("two", 90_000)).toMatch(/Your room is full/);
    await stage.housekeeping.sweep();
    const keys: string[] = [];
    for await (const key of stage.blobs.keys()) keys.push(key);
    expect(keys).toHaveLength(1);
  });

  test("a storage that is away is waited for, a full one is not", async () => {
    await begin();
    await stage.befriend(ROMEO);
    await stage.online(ROMEO);
    stage.blobs.trouble = "down";
    await stage.sendLink(`${ROMEO}/home`, PHOTO);
    await stage.clock.turn(30_000);
    expect(stage.heard(ROMEO)).toEqual([
      expect.stringMatching(/^My storage does not answer just now\. I go on with photo/),
    ]);
    stage.blobs.trouble = "none";
    await stage.clock.turn(10_000);
    await stage.settle();
    expect(stage.heard(ROMEO).join()).toMatch(/I keep photo\.jpg/);
    stage.blobs.trouble = "full";
    await stage.sendLink(`${ROMEO}/home`, PHOTO.replace("x/", "y/"));
    stage.internet.files.set(PHOTO.replace("x/", "z/"), BYTES);
    await stage.sendLink(`${ROMEO}/home`, PHOTO.replace("x/", "z/"));
    expect(stage.heard(ROMEO).join()).toMatch(/My storage is full/);
  });

  test("more transfers at once than allowed", async () => {
    await begin();
    await stage.befriend(ROMEO);
    await stage.online(ROMEO);
    let open = (): void => undefined;
    stage.internet.gate = new Promise((resolve) => (open = resolve));
    for (const n of [1, 2, 3]) {
      stage.internet.files.set(`https://u/${n}`, BYTES);
      await stage.sendLink(`${ROMEO}/home`, `https://u/${n}`);
    }
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/You have 2 transfers under way/)]);
    open();
    await stage.settle();
    expect(stage.heard(ROMEO)).toHaveLength(2);
  });

  test("what is encrypted is answered plainly", async () => {
    await begin();
    await stage.receive(
      `<message from='${ROMEO}/home' to='bot@files.example.org' type='chat' id='1'><body>I sent you an OMEMO encrypted message</body><encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'/><payload>AAAA</payload></encrypted></message>`,
    );
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/encrypted \(OMEMO\)/)]);
  });
});

describe("the same file twice", () => {
  test("is stored once, and goes with its last owner's copy", async () => {
    await kept();
    await stage.online(JULIET);
    await stage.sendLink(`${JULIET}/home`, PHOTO);
    await stage.housekeeping.sweep();
    const keys = async (): Promise<number> => {
      const all: string[] = [];
      for await (const key of stage.blobs.keys()) all.push(key);
      return all.length;
    };
    expect(await keys()).toBe(1);
    await stage.say(`${ROMEO}/home`, "del 1");
    await stage.housekeeping.sweep();
    expect(await keys()).toBe(1);
    await stage.say(`${JULIET}/home`, "del 1");
    await stage.housekeeping.sweep();
    expect(await keys()).toBe(0);
  });
});

describe("the stream goes and comes", () => {
  test("receipts wait for the next presence, and nothing is said twice", async () => {
    await kept();
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    await stage.online(JULIET);
    const url = urlIn(stage.heard(JULIET));
    stage.heard(ROMEO);
    stage.stream.online = false;
    stage.directory.disconnected();
    await stage.fetch(url);
    stage.stream.online = true;
    stage.directory.connected();
    stage.office.connected();
    await stage.settle();
    expect(stage.heard(ROMEO)).toEqual([]);
    await stage.online(ROMEO);
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/juliet@example\.org has photo\.jpg/)]);
  });
});
