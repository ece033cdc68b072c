/** One file for several people: what their sender hears of it, stanza by stanza, over deaths and absences. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { parse } from "ltx";
import { bare } from "../../component/lib/jid.js";
import { verification } from "../../component/messenger/caps.js";
import { buildInfo, type DiscoInfo } from "../../component/messenger/wire/xep0030-disco.js";
import { BOT, OfficeStage } from "../harness/office-stage.js";
import { tempFolder } from "../harness/tmp.js";

const ROMEO = "romeo@example.org";
const REPORT = "https://upload.example.org/x/report.pdf";
const PEOPLE = ["juliet", "nurse", "paris", "tybalt", "benvolio"].map((name) => `${name}@example.org`);
const [JULIET, NURSE, PARIS] = PEOPLE as [string, string, string, string, string];

const CORRECTS: DiscoInfo = {
  identities: [{ category: "client", type: "pc", name: "Gajim" }],
  features: ["http://jabber.org/protocol/caps", "http://jabber.org/protocol/disco#info", "urn:xmpp:message-correct:0"],
  forms: [],
};

let stages: OfficeStage[] = [];
const begin = async (...args: ConstructorParameters<typeof OfficeStage>): Promise<OfficeStage> => {
  const stage = await new OfficeStage(...args).start();
  stages.push(stage);
  stage.internet.files.set(REPORT, Buffer.from("what Friar Laurence has to say"));
  stage.stream.answer = (iq) =>
    iq.getChild("query", "http://jabber.org/protocol/disco#info")
      ? parse(`<iq type='result'>${buildInfo(CORRECTS, String(iq.getChild("query")!.attrs["node"])).toString()}</iq>`)
      : undefined;
  return stage;
};
afterEach(async () => {
  for (const stage of stages.splice(0)) await stage.stop();
});

/** He logs in with a client that replaces what is corrected. */
async function logIn(stage: OfficeStage, jid: string): Promise<void> {
  await stage.receive(`<presence from='${jid}/desk' to='${BOT}'><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:gajim' ver='${verification(CORRECTS)}'/></presence>`); // prettier-ignore
}

interface Line {
  readonly text: string;
  readonly id: string;
  readonly corrects: string | undefined;
}

/** What has been said to somebody since it was last asked. */
function heard(stage: OfficeStage, jid: string): Line[] {
  const mine = stage.stream.sent.filter((s) => s.name === "message" && String(s.attrs["to"]).split("/")[0] === jid && s.getChild("body")); // prettier-ignore
  for (const s of mine) stage.stream.sent.splice(stage.stream.sent.indexOf(s), 1);
  return mine.map((s) => ({
    text: s.getChildText("body")!,
    id: String(s.attrs["id"]),
    corrects: s.getChild("replace")?.attrs["id"] as string | undefined,
  }));
}
const texts = (lines: readonly Line[]): string[] => lines.map(({ text }) => text);
const urlIn = (lines: readonly Line[]): string => lines.find(({ text }) => text.startsWith("https://files"))!.text;

/** Lets what is held back by the pace be said, and what follows from it. */
async function pass(stage: OfficeStage, ms = 2_500): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await stage.clock.turn(i === 0 ? ms : 2_500);
    await stage.settle();
  }
}

/** Romeo is there, keeps the report as number 1, and all have met the bot. */
async function kept(stage: OfficeStage): Promise<void> {
  for (const jid of [ROMEO, ...PEOPLE]) await stage.befriend(jid);
  await logIn(stage, ROMEO);
  await stage.sendLink(`${ROMEO}/desk`, REPORT);
  expect(texts(heard(stage, ROMEO)).join()).toMatch(/as number 1/);
}

describe("one send to several", () => {
  test("is answered by one line, which is corrected as they take it, and no other word is said", async () => {
    const stage = await begin();
    await kept(stage);
    await stage.online(JULIET);
    await stage.online(NURSE);
    await stage.say(`${ROMEO}/desk`, `send 1 to ${JULIET}, ${NURSE} and ${PARIS}`);
    await pass(stage);
    const [first, ...more] = heard(stage, ROMEO);
    expect(more).toEqual([]);
    expect(first!.text).toBe("report.pdf (number 1) for 3 people: juliet@example.org and nurse@example.org are being asked, it waits for paris@example.org."); // prettier-ignore
    expect(first!.corrects).toBeUndefined();

    const links = new Map([JULIET, NURSE].map((who) => [who, urlIn(heard(stage, who))]));
    await stage.fetch(links.get(JULIET)!);
    await stage.say(`${NURSE}/home`, "decline 1");
    await pass(stage);
    const second = heard(stage, ROMEO);
    expect(second.map(({ corrects }) => corrects)).toEqual(second.map(() => first!.id));
    expect(second.at(-1)!.text).toBe("report.pdf (number 1) for 3 people: juliet@example.org has it, it waits for paris@example.org, nurse@example.org does not want it."); // prettier-ignore

    await stage.online(PARIS);
    await stage.fetch(urlIn(heard(stage, PARIS)));
    await pass(stage);
    const last = heard(stage, ROMEO);
    expect(last.every(({ corrects }) => corrects === first!.id)).toBe(true);
    expect(last.at(-1)!.text).toBe("report.pdf (number 1) for 3 people: juliet@example.org and paris@example.org have it, nurse@example.org does not want it."); // prettier-ignore
    await pass(stage, 864e5);
    expect(heard(stage, ROMEO)).toEqual([]);
  });

  test("many changes at once are one news", async () => {
    const stage = await begin();
    await kept(stage);
    await stage.say(`${ROMEO}/desk`, `send 1 to ${PEOPLE.join(", ")}`);
    await pass(stage);
    expect(texts(heard(stage, ROMEO))).toEqual(["report.pdf (number 1) for 5 people: it waits for all 5."]);
    for (const who of PEOPLE) await stage.online(who);
    for (const who of PEOPLE) await stage.fetch(urlIn(heard(stage, who)));
    await pass(stage);
    expect(texts(heard(stage, ROMEO))).toEqual(["report.pdf (number 1) for 5 people: all 5 have it."]);
  });

  test("to a client that corrects nothing, the first word and the last are said; status tells the rest", async () => {
    const stage = await begin();
    await kept(stage);
    await stage.online(ROMEO, "phone"); // beside the desk, and it shows every correction as a new line
    await stage.say(`${ROMEO}/desk`, `send 1 to ${JULIET}, ${NURSE}`);
    await pass(stage);
    expect(heard(stage, ROMEO)).toHaveLength(1);
    await stage.online(JULIET);
    await stage.fetch(urlIn(heard(stage, JULIET)));
    await pass(stage);
    expect(heard(stage, ROMEO)).toEqual([]);
    await stage.say(`${ROMEO}/desk`, "status 1");
    expect(texts(heard(stage, ROMEO)).join()).toMatch(/juliet@example\.org · delivered/);
    await stage.online(NURSE);
    await stage.fetch(urlIn(heard(stage, NURSE)));
    await pass(stage);
    expect(heard(stage, ROMEO)).toEqual([expect.objectContaining({ text: "report.pdf (number 1) for 2 people: all 2 have it.", corrects: undefined })]); // prettier-ignore
  });

  test("he was away meanwhile: what is new comes as a new line, which is corrected from then on", async () => {
    const stage = await begin();
    await kept(stage);
    await stage.say(`${ROMEO}/desk`, `send 1 to ${JULIET}, ${NURSE}`);
    await pass(stage);
    const [first] = heard(stage, ROMEO);
    await stage.offline(ROMEO, "desk");
    await stage.online(JULIET);
    await stage.fetch(urlIn(heard(stage, JULIET)));
    await pass(stage, 3_600_000);
    expect(heard(stage, ROMEO)).toEqual([]);
    await logIn(stage, ROMEO);
    await pass(stage);
    const [anew, ...more] = heard(stage, ROMEO);
    expect(more).toEqual([]);
    expect(anew).toMatchObject({ text: expect.stringMatching(/juliet@example\.org has it/), corrects: undefined });
    expect(anew!.id).not.toBe(first!.id);
    await stage.online(NURSE);
    await stage.fetch(urlIn(heard(stage, NURSE)));
    await pass(stage);
    expect(heard(stage, ROMEO).at(-1)).toMatchObject({ text: expect.stringMatching(/all 2 have it/), corrects: anew!.id }); // prettier-ignore
  });

  test("what the sender has to do something about is said by itself, too", async () => {
    const stage = await begin();
    await kept(stage);
    await stage.say(`${ROMEO}/desk`, `send 1 to ${JULIET}, ghost@elsewhere.example`);
    const [letter] = stage.stream.sent.filter((s) => s.attrs["to"] === "ghost@elsewhere.example" && s.is("message"));
    await stage.receive(`<message from='ghost@elsewhere.example' to='${BOT}' type='error' id='${String(letter!.attrs["id"])}'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`); // prettier-ignore
    await pass(stage);
    expect(texts(heard(stage, ROMEO)).sort()).toEqual([
      expect.stringMatching(/^I could not reach ghost@elsewhere\.example/),
      expect.stringMatching(/for 2 people: it waits for all 2/),
    ]);
  });

  test("who cannot be sent to is said at once, and is not in the line", async () => {
    const stage = await begin();
    await kept(stage);
    await stage.say(`${PARIS}/home`, `block ${ROMEO}`);
    await stage.say(`${ROMEO}/desk`, `send 1 to ${JULIET}, ${NURSE}, ${PARIS}`);
    expect(texts(heard(stage, ROMEO))).toEqual(["paris@example.org does not take files from you."]);
    await pass(stage);
    expect(texts(heard(stage, ROMEO))).toEqual(["report.pdf (number 1) for 2 people: it waits for all 2."]);
  });

  test("of which one is left over is told as ever", async () => {
    const stage = await begin();
    await kept(stage);
    await stage.say(`${PARIS}/home`, `block ${ROMEO}`);
    await stage.say(`${ROMEO}/desk`, `send 1 to ${JULIET}, ${PARIS}`);
    expect(texts(heard(stage, ROMEO)).join()).toMatch(/waits for juliet@example\.org.*does not take files from you/s);
    await pass(stage);
    expect(heard(stage, ROMEO)).toEqual([]);
  });

  test("sent again to the same people: no second parcel, and the line once more", async () => {
    const stage = await begin();
    await kept(stage);
    await stage.say(`${ROMEO}/desk`, `send 1 to ${JULIET}, ${NURSE}`);
    await pass(stage);
    const [first] = heard(stage, ROMEO);
    await stage.say(`${ROMEO}/desk`, `send 1 to ${JULIET}, ${NURSE}`);
    await pass(stage);
    expect(heard(stage, ROMEO)).toEqual([{ text: first!.text, id: expect.not.stringMatching(first!.id), corrects: undefined }]); // prettier-ignore
    await stage.say(`${ROMEO}/desk`, "resend 1");
    await pass(stage);
    expect(texts(heard(stage, ROMEO))).toEqual([first!.text]);
    expect(await stage.index.openFor(bare(JULIET), undefined, 10)).toHaveLength(1);
  });

  test("taken back: del says from whom, and the line ends", async () => {
    const stage = await begin();
    await kept(stage);
    await stage.say(`${ROMEO}/desk`, `send 1 to ${JULIET}, ${NURSE}`);
    await pass(stage);
    heard(stage, ROMEO);
    await stage.say(`${ROMEO}/desk`, "del 1");
    await pass(stage);
    expect(texts(heard(stage, ROMEO)).sort()).toEqual([
      expect.stringMatching(/^Deleted: report\.pdf .*Taken back from juliet@example\.org, nurse@example\.org/),
      "report.pdf (number 1) for 2 people: it was taken back from all 2.",
    ]);
  });

  test("nobody fetches it in time: the last word is said although the file is gone", async () => {
    const stage = await begin();
    await kept(stage);
    await stage.say(`${ROMEO}/desk`, `send 1 to ${JULIET}, ${NURSE}`);
    await pass(stage);
    heard(stage, ROMEO);
    await stage.clock.turn(31 * 864e5);
    heard(stage, ROMEO);
    await stage.housekeeping.ends.round();
    await pass(stage);
    expect(texts(heard(stage, ROMEO))).toEqual(["report.pdf (number 1) for 2 people: all 2 did not fetch it in time."]);
  });
});

describe("deaths", () => {
  /** Two lives of one program over one set of records. */
  async function twoLives(
    run: (first: OfficeStage, second: () => Promise<OfficeStage>) => Promise<void>,
  ): Promise<void> {
    const folder = await tempFolder("summaries");
    const url = `sqlite:${folder.path}/records.db`;
    const first = await begin(url);
    try {
      await run(first, async () => {
        stages = stages.filter((stage) => stage !== first);
        first.stream.online = false;
        await first.index.stop(); // nothing more reaches the records, as after kill -9
        const second = await begin(url, {}, { blobs: first.blobs });
        // Presence comes anew with the stream.
        await second.clock.turn(first.clock.now() - second.clock.now() + 1000);
        return second;
      });
    } finally {
      await first.stop();
      for (const stage of stages.splice(0)) await stage.stop();
      await folder.remove();
    }
  }

  test("after a restart the same line goes on being corrected", () =>
    twoLives(async (first, again) => {
      await kept(first);
      await first.say(`${ROMEO}/desk`, `send 1 to ${JULIET}, ${NURSE}`);
      await pass(first);
      const [line] = heard(first, ROMEO);
      const second = await again();
      await logIn(second, ROMEO);
      await second.online(JULIET);
      await second.fetch(urlIn(heard(second, JULIET)));
      await pass(second);
      expect(heard(second, ROMEO).at(-1)).toMatchObject({ text: expect.stringMatching(/juliet@example\.org has it/), corrects: line!.id }); // prettier-ignore
    }));

  test("died before the first word: it is said by the next life", () =>
    twoLives(async (first, again) => {
      await kept(first);
      await first.say(`${ROMEO}/desk`, `send 1 to ${JULIET}, ${NURSE}`);
      expect(heard(first, ROMEO)).toEqual([]);
      const second = await again();
      await logIn(second, ROMEO);
      await pass(second);
      expect(texts(heard(second, ROMEO))).toEqual(["report.pdf (number 1) for 2 people: it waits for all 2."]);
    }));

  test("died when the line had been said and was not struck out: it is the same message that is sent again", () =>
    twoLives(async (first, again) => {
      await kept(first);
      await first.say(`${ROMEO}/desk`, `send 1 to ${JULIET}, ${NURSE}`);
      first.index.setSummary = () => new Promise(() => undefined); // it dies here
      await pass(first);
      const [line] = heard(first, ROMEO);
      const second = await again();
      await logIn(second, ROMEO);
      await pass(second);
      const said = heard(second, ROMEO);
      expect(said).toEqual([line]);
    }));

  test("what happens while the line is being said is news of its own", async () => {
    const stage = await begin();
    await kept(stage);
    await stage.say(`${ROMEO}/desk`, `send 1 to ${JULIET}, ${NURSE}`);
    await pass(stage);
    heard(stage, ROMEO);
    const read = stage.index.summary.bind(stage.index);
    let between: (() => Promise<unknown>) | undefined;
    stage.index.summary = async (id) => {
      const found = await read(id);
      await between?.();
      return found;
    };
    await stage.online(JULIET);
    await stage.online(NURSE);
    const urls = [JULIET, NURSE].map((who) => urlIn(heard(stage, who)));
    await pass(stage);
    heard(stage, ROMEO);
    // Juliet's is read for the line; before that is said, Nurse's comes in.
    between = () => {
      between = undefined;
      return stage.fetch(urls[1]!);
    };
    await stage.fetch(urls[0]!);
    await pass(stage);
    await pass(stage);
    expect(heard(stage, ROMEO).at(-1)!.text).toBe("report.pdf (number 1) for 2 people: all 2 have it.");
    expect(await stage.index.noticesFor(bare(ROMEO), 10)).toEqual([]);
  });
});

describe("one intake that names several", () => {
  const link = (more: string): string => `<message from='${ROMEO}/desk' to='${BOT}' type='chat' id='i${Math.random()}'>${more}<body>${REPORT}</body><x xmlns='jabber:x:oob'><url>${REPORT}</url></x></message>`; // prettier-ignore
  const addresses = (...list: string[]): string => `<addresses xmlns='http://jabber.org/protocol/address'>${list.join("")}</addresses>`; // prettier-ignore
  const address = (type: string, jid: string, more = ""): string => `<address type='${type}' jid='${jid}' ${more}/>`;

  test("by the addresses of its message (XEP-0033): a parcel each, and one line", async () => {
    const stage = await begin();
    for (const jid of [ROMEO, ...PEOPLE]) await stage.befriend(jid);
    await logIn(stage, ROMEO);
    await stage.online(JULIET);
    const to = addresses(address("to", `${JULIET}/balcony`), address("cc", NURSE), address("bcc", PARIS), address("to", BOT), address("to", PEOPLE[3]!, "delivered='true'")); // prettier-ignore
    await stage.receive(link(to));
    await pass(stage);
    expect(texts(heard(stage, ROMEO))).toEqual([
      expect.stringMatching(/^I keep report\.pdf/),
      "report.pdf (number 1) for 3 people: juliet@example.org is being asked, it waits for nurse@example.org and paris@example.org.", // prettier-ignore
    ]);
    const offer = texts(heard(stage, JULIET)).join();
    expect(offer).toMatch(/^romeo@example\.org has a file for you/);
    expect(offer).not.toMatch(/nurse|paris/);
    await pass(stage, 3_600_000);
    expect(heard(stage, ROMEO)).toEqual([]);
  });

  test("by words beside the link: a parcel each", async () => {
    const stage = await begin();
    for (const jid of [ROMEO, ...PEOPLE]) await stage.befriend(jid);
    const words = `to ${JULIET} and ${NURSE}`;
    await stage.receive(`<message from='${ROMEO}/desk' to='${BOT}' type='chat' id='b'><body>${words}\n${REPORT}</body><x xmlns='jabber:x:oob'><url>${REPORT}</url></x></message>`); // prettier-ignore
    const sent = await stage.index.sentBy(bare(ROMEO), undefined, 10);
    expect(sent.map((parcel) => parcel.recipient).sort()).toEqual([JULIET, NURSE].sort());
  });

  test("died as soon as it was kept: the line is said by the next life", async () => {
    const stage = await begin();
    for (const jid of [ROMEO, ...PEOPLE]) await stage.befriend(jid);
    await logIn(stage, ROMEO);
    await stage.receive(link(addresses(address("to", JULIET), address("to", NURSE))));
    const waiting = await stage.index.noticesFor(bare(ROMEO), 10);
    expect(waiting.map(({ kind }) => kind)).toEqual(["summary"]);
  });

  test("beside words it is for whom they send to", async () => {
    const stage = await begin();
    await kept(stage);
    await stage.receive(`<message from='${ROMEO}/desk' to='${BOT}' type='chat' id='w'>${addresses(address("to", JULIET))}<body>send 1</body></message>`); // prettier-ignore
    expect(texts(heard(stage, ROMEO))).toEqual([expect.stringMatching(/^report\.pdf \(number 1\) waits for juliet/)]);
  });

  test("a mail address, a whole domain, and too many people are refused in words, and nothing is fetched", async () => {
    const stage = await begin();
    await kept(stage);
    const before = stage.internet.fetches;
    await stage.receive(
      link(addresses("<address type='to' uri='mailto:bob@example.com'/>")).replaceAll("report", "first"),
    );
    expect(texts(heard(stage, ROMEO))).toEqual([expect.stringMatching(/“mailto:bob@example\.com” is not an address/)]);
    await stage.receive(link(addresses(address("to", "example.org"))).replaceAll("report", "other"));
    expect(texts(heard(stage, ROMEO))).toEqual([expect.stringMatching(/“example\.org” is not an address/)]);
    const many = Array.from({ length: 51 }, (_, i) => address("to", `u${i}@example.org`));
    await stage.receive(link(addresses(...many)).replaceAll("report", "third"));
    expect(texts(heard(stage, ROMEO))).toEqual([expect.stringMatching(/more than 50 people at once/)]);
    expect(stage.internet.fetches).toBe(before);
  });
});

test("a hundred recipients: the bytes are stored once, and go with the last of it", async () => {
  const stage = await begin("sqlite::memory:", { invitations: 1000, commands: 1000 });
  await kept(stage);
  for (let i = 0; i < 100; i += 50) {
    const fifty = Array.from({ length: 50 }, (_, n) => `guest${i + n}@example.org`);
    await stage.say(`${ROMEO}/desk`, `send 1 to ${fifty.join(", ")}`);
  }
  const keys = async (): Promise<string[]> => {
    const all: string[] = [];
    for await (const key of stage.blobs.keys()) all.push(key);
    return all;
  };
  const [file] = await stage.index.findFiles(bare(ROMEO), 1, 1);
  expect(await stage.index.parcelsOf(file!.id, 200)).toHaveLength(100);
  expect(await keys()).toHaveLength(1);
  expect(await stage.index.usage(bare(ROMEO))).toEqual({ bytes: file!.size, files: 1 });
  // Everybody who takes it gets the same bytes, by a link of his own.
  const urls = new Set<string>();
  for (const guest of ["guest0@example.org", "guest99@example.org"]) {
    await stage.online(guest);
    await stage.say(`${guest}/home`, "accept 1");
    const url = urlIn(heard(stage, guest));
    urls.add(url);
    expect((await stage.fetch(url)).toString()).toBe("what Friar Laurence has to say");
  }
  expect(urls.size).toBe(2);
  expect(await keys()).toHaveLength(1);
  await stage.say(`${ROMEO}/desk`, "status 1");
  const [status] = texts(heard(stage, ROMEO)).slice(-1);
  expect(status).toMatch(/for 100 people: guest0@example\.org and guest99@example\.org have it, it waits for 98\./);
  expect(status!.match(/^guest\d+@example\.org · /gm)).toHaveLength(100);
  await stage.say(`${ROMEO}/desk`, "del 1");
  await stage.housekeeping.sweep();
  expect(await keys()).toEqual([]);
});
