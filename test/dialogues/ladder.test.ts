/** Offers by several ways to several clients: the whole component in memory, with the clients' side of the byte streams played. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { join } from "node:path";
import { bare } from "../../component/lib/jid.js";
import { BOT, OfficeStage } from "../harness/office-stage.js";
import { PlayedMethod, type PlayedOffer } from "../harness/played-method.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

const ROMEO = "romeo@example.org";
const JULIET = "juliet@example.org";
const PHOTO = "https://upload.example.org/x/photo.jpg";
const BYTES = Buffer.alloc(1000, "bytes");
const A_LINE = /romeo@example\.org has a file for you: photo\.jpg/;
const A_LINK = /^https:\/\/files\.example\.org\/g\//;

let folder: TempFolder;
let stage: OfficeStage;
let jingle: PlayedMethod;
let si: PlayedMethod;

/** A life of the program: "dino" takes Jingle, "psi" both, "pidgin" SI, anything else links only. */
async function life(): Promise<void> {
  jingle = new PlayedMethod("jingle", ["dino", "psi"]);
  si = new PlayedMethod("si", ["psi", "pidgin"]);
  stage = await new OfficeStage(`sqlite:${join(folder.path, "r.db")}`, {}, { streams: [jingle, si] }).start();
  stage.internet.files.set(PHOTO, BYTES);
}

beforeEach(async () => {
  folder = await tempFolder();
  await life();
  await stage.befriend(ROMEO);
  await stage.befriend(JULIET);
});
afterEach(async () => {
  await stage.stop();
  await folder.remove();
});

/** A photo of Romeo's is on its way to Juliet, whose clients are these. */
async function sent(...clients: string[]): Promise<void> {
  await stage.online(ROMEO);
  for (const client of clients) await stage.online(JULIET, client);
  await again();
}

async function again(): Promise<void> {
  await stage.sendLink(`${ROMEO}/home`, PHOTO);
  const [kept] = stage.heard(ROMEO).slice(-1);
  await stage.say(`${ROMEO}/home`, `send ${/number (\d+)/.exec(kept!)![1]} to ${JULIET}`);
  stage.heard(ROMEO);
}

async function tell(offer: PlayedOffer, ...types: ("moving" | "last" | "delivered" | "declined" | "cut" | "failed" | "unreached")[]) {
  for (const type of types) await offer.tell(type === "failed" ? { type, code: "stream-unreachable" } : { type });
  await stage.settle();
} // prettier-ignore

const states = async (): Promise<string[]> =>
  (await stage.index.sentBy(bare(ROMEO), undefined, 10)).map((p) => p.state);
const history = async (): Promise<string[]> => {
  const [parcel] = await stage.index.sentBy(bare(ROMEO), undefined, 1);
  return (await stage.index.history(parcel!.id)).map((h) => `${h.event} ${h.detail}`.trim());
};

describe("what goes to whom", () => {
  test("a client that takes streams gets the line, then the offer, and no link", async () => {
    await sent("dino");
    expect(stage.heard(JULIET)).toEqual([expect.stringMatching(A_LINE)]);
    expect(jingle.offers.map((o) => o.client)).toEqual(["dino"]);
    expect(jingle.last.order.line).toBe("");
    expect(await states()).toEqual(["offered"]);
    await tell(jingle.last, "moving");
    expect(await states()).toEqual(["moving"]);
    const got: Uint8Array[] = [];
    const reader = await jingle.last.order.read({ start: 0, end: 1000 });
    await reader.pour(async (chunk) => void got.push(Buffer.from(chunk)));
    expect(Buffer.concat(got).equals(BYTES)).toBe(true);
    await tell(jingle.last, "last", "delivered");
    expect(await history()).toEqual(["create", "offer jingle", "begin jingle", "last jingle", "complete jingle"]);
    expect(stage.heard(ROMEO)).toEqual(["juliet@example.org has photo.jpg (number 1)."]);
    await stage.clock.turn(36e5);
    expect(stage.heard(JULIET)).toEqual([]);
  });

  test("several clients are asked at once, and the link goes beside them for one that takes no streams", async () => {
    await sent("dino", "pidgin", "converse");
    expect([jingle, si].map((m) => m.offers.map((o) => o.client))).toEqual([["dino"], ["pidgin"]]);
    expect(stage.heard(JULIET)).toEqual([expect.stringMatching(A_LINE), expect.stringMatching(A_LINK)]);
    await tell(si.last, "moving");
    expect([jingle.last.withdrawn, si.last.withdrawn]).toEqual([true, false]);
    await tell(si.last, "delivered");
    expect(await states()).toEqual(["delivered"]);
  });

  test("nobody there: nothing; then what his client takes", async () => {
    await sent();
    expect(stage.heard(JULIET)).toEqual([]);
    await stage.online(JULIET, "psi");
    expect(jingle.offers).toHaveLength(1);
    await tell(jingle.last, "failed");
    expect(si.offers.map((o) => o.client)).toEqual(["psi"]);
    await tell(si.last, "failed");
    expect(stage.heard(JULIET)).toEqual([expect.stringMatching(A_LINE), expect.stringMatching(A_LINK)]);
    expect(await history()).toEqual(["create", "offer jingle", "linked link"]);
  });

  test("declined by one is declined", async () => {
    await sent("dino", "pidgin");
    await tell(jingle.last, "declined");
    expect(si.last.withdrawn).toBe(true);
    expect(await states()).toEqual(["declined"]);
  });

  test("offers are made once it is known what the client can do", async () => {
    await sent();
    const caps = `<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://dino.im' ver='q07IKJEyjvHSyhy//CH0CxmKi8w='/>`;
    await stage.receive(`<presence from='${JULIET}/dino' to='${BOT}'>${caps}</presence>`);
    expect([stage.heard(JULIET), jingle.offers]).toEqual([[], []]);
    await stage.clock.turn(2_900); // the client says nothing
    expect(jingle.offers).toHaveLength(0);
    await stage.clock.turn(200);
    expect(jingle.offers).toHaveLength(1);
  });
});

describe("silence", () => {
  test("after a while the link goes too; a late answer still counts", async () => {
    await sent("dino");
    stage.heard(JULIET);
    await stage.clock.turn(29_000);
    expect(stage.heard(JULIET)).toEqual([]);
    await stage.clock.turn(2_000);
    expect(stage.heard(JULIET)).toEqual([expect.stringMatching(A_LINK)]);
    expect(jingle.last.withdrawn).toBe(false);
    await tell(jingle.last, "moving", "delivered");
    expect(await states()).toEqual(["delivered"]);
  });

  test("a fetched link withdraws the stream's offer", async () => {
    await sent("dino");
    stage.heard(JULIET);
    await stage.clock.turn(31_000);
    const [url] = stage.heard(JULIET);
    await stage.fetch(url!, 500);
    expect(jingle.last.withdrawn).toBe(true);
    await stage.fetch(url!);
    expect(await states()).toEqual(["delivered"]);
  });

  test("a client that has gone is not waited for", async () => {
    await sent("dino");
    stage.heard(JULIET);
    await stage.offline(JULIET, "dino");
    await stage.clock.turn(31_000);
    expect(jingle.last.withdrawn).toBe(true);
    expect(stage.heard(JULIET)).toEqual([expect.stringMatching(A_LINK)]);
  });

  test("a client that has died and is back is asked once more, at once: it has forgotten what it was asked", async () => {
    await sent("dino", "pidgin");
    stage.heard(JULIET);
    await stage.offline(JULIET, "pidgin");
    await stage.online(JULIET, "pidgin");
    expect(si.offers.map(({ client, withdrawn }) => [client, withdrawn])).toEqual([["pidgin", true], ["pidgin", false]]); // prettier-ignore
    expect(jingle.offers).toHaveLength(1);
    await stage.online(JULIET, "pidgin"); // what it shows now is no news
    expect(si.offers).toHaveLength(2);
    await tell(si.last, "moving", "delivered");
    expect([await states(), stage.heard(JULIET)]).toEqual([["delivered"], []]);
  });

  test("a client that does not answer at all is gone until its next presence; others are not", async () => {
    await sent("dino", "pidgin");
    await tell(jingle.last, "unreached");
    expect(stage.directory.resources(bare(JULIET)).map((r) => r.jid)).toEqual([`${JULIET}/pidgin`]);
    await tell(si.last, "moving");
    expect(await states()).toEqual(["moving"]);
  });

  const online = (ver: string) =>
    stage.receive(`<presence from='${JULIET}/dino' to='${BOT}'><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='${ver}'/></presence>`); // prettier-ignore

  test("is remembered of a program for a day: the link at once", async () => {
    await online("silent=");
    await sent();
    await stage.clock.turn(3_000);
    await stage.clock.turn(30_000);
    stage.heard(JULIET);
    await again();
    await stage.clock.turn(3_000);
    expect(jingle.offers).toHaveLength(1);
    expect(stage.heard(JULIET)).toEqual([expect.stringMatching(A_LINE), expect.stringMatching(A_LINK)]);
    await stage.clock.turn(864e5);
    await again();
    await stage.clock.turn(3_000);
    expect(jingle.offers).toHaveLength(2);
  });

  test("of a program that has answered before means that the person is away", async () => {
    await online("answers=");
    await sent();
    await stage.clock.turn(3_000);
    await tell(jingle.last, "moving", "delivered");
    await again();
    await stage.clock.turn(3_000);
    stage.heard(JULIET);
    await stage.clock.turn(280_000);
    expect(stage.heard(JULIET)).toEqual([]);
    await stage.clock.turn(30_000);
    expect(stage.heard(JULIET)).toEqual([expect.stringMatching(A_LINK)]);
    await again();
    await stage.clock.turn(3_000);
    expect(jingle.offers).toHaveLength(3);
  });
});

describe("a stream that breaks", () => {
  test("is offered again by itself, without another line, and goes on", async () => {
    await sent("dino");
    stage.heard(JULIET);
    await tell(jingle.last, "moving", "cut");
    expect(await states()).toEqual(["waiting"]);
    await stage.clock.turn(300);
    expect(jingle.offers).toHaveLength(2);
    expect(stage.heard(JULIET)).toEqual([]);
    await tell(jingle.last, "moving");
    await (await jingle.last.order.read({ start: 400, end: 1000 })).close();
    await tell(jingle.last, "delivered");
    expect(await history()).toEqual(["create", "offer jingle", "begin jingle", "broken jingle", "offer jingle", "begin jingle", "complete jingle"]); // prettier-ignore
  });

  test("as often as it gets on; the link when it does not", async () => {
    await sent("dino");
    stage.heard(JULIET);
    for (let i = 1; i <= 12; i++) {
      expect(jingle.offers).toHaveLength(i);
      await tell(jingle.last, "moving");
      await (await jingle.last.order.read({ start: i * 10, end: 1000 })).close();
      await tell(jingle.last, "cut");
      await stage.clock.turn(600);
    }
    for (let i = 0; i < 6; i++) {
      await tell(jingle.last, "moving", "cut");
      await stage.clock.turn(10_000);
    }
    expect(jingle.last.withdrawn || stage.heard(JULIET).some((line) => A_LINK.test(line))).toBe(true);
    expect(await states()).toEqual(["offered"]);
    expect(jingle.offers.length).toBeLessThan(20);
  });

  test("waits for him where he has gone", async () => {
    await sent("dino");
    await tell(jingle.last, "moving");
    await stage.offline(JULIET, "dino");
    await tell(jingle.last, "cut");
    await stage.clock.turn(60_000);
    expect(jingle.offers).toHaveLength(1);
    await stage.online(JULIET, "dino");
    expect(jingle.offers).toHaveLength(2);
  });

  test.each([
    ["before it was answered", [], "offered", 2],
    ["in the middle", ["moving"], "offered", 2],
    ["when the last byte was about to go", ["moving", "last"], "delivered", 0],
  ] as const)("with the program, %s: nothing is delivered twice, nothing forgotten", async (_, events, end, offers) => {
    await sent("dino");
    await tell(jingle.last, ...events);
    const before = jingle;
    await stage.stop(); // as after a death, the records say what they said
    await life();
    await stage.housekeeping.recover();
    await stage.online(JULIET, "dino");
    expect(await states()).toEqual([end]);
    expect(before.offers.length + jingle.offers.length).toBe(offers === 0 ? 1 : offers);
  });

  test("with the program, after the link went out too: the link is good, and nobody is asked twice", async () => {
    await sent("dino");
    await stage.clock.turn(31_000);
    const url = stage.heard(JULIET).at(-1)!;
    const blobs = stage.blobs;
    await stage.stop();
    jingle = new PlayedMethod("jingle", ["dino"]);
    stage = await new OfficeStage(`sqlite:${join(folder.path, "r.db")}`, {}, { streams: [jingle], blobs }).start();
    await stage.housekeeping.recover();
    await stage.online(JULIET, "dino");
    expect([jingle.offers, stage.heard(JULIET)]).toEqual([[], []]);
    expect((await stage.fetch(url)).equals(BYTES)).toBe(true);
    expect(await states()).toEqual(["delivered"]);
  });
});

test("a stop withdraws what is out, says nothing, and the next life offers again", async () => {
  await sent("psi");
  stage.heard(JULIET);
  const [old, offer] = [stage, jingle.last];
  await stage.stop();
  expect(offer.withdrawn).toBe(true);
  expect([si.offers, old.heard(JULIET)]).toEqual([[], []]);
  await life();
  await stage.housekeeping.recover();
  await stage.online(JULIET, "psi");
  expect(jingle.offers).toHaveLength(1);
});

test("taken back by its sender: every offer is withdrawn, and a late acceptance moves nothing", async () => {
  await sent("dino", "pidgin");
  await stage.say(`${ROMEO}/home`, "del 1");
  expect([jingle.last.withdrawn, si.last.withdrawn]).toEqual([true, true]);
  expect(await states()).toEqual(["withdrawn"]);
});

test("accepted in words while it is being offered: the old offers are withdrawn, new ones made, and the link goes too", async () => {
  await sent("dino");
  stage.heard(JULIET);
  await stage.say(`${JULIET}/dino`, "accept 1");
  expect(stage.heard(JULIET)).toContainEqual(expect.stringMatching(A_LINK));
  expect(jingle.offers.map((o) => o.withdrawn)).toEqual([true, false]);
});
