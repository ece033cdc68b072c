import { beforeEach, describe, expect, test } from "@jest/globals";
import { verification } from "../../component/messenger/caps.js";
import { PresenceDirectory } from "../../component/messenger/presence.js";
import { Privilege } from "../../component/messenger/privilege.js";
import { bare } from "../../component/lib/jid.js";
import { settled } from "../harness/fake-clock.js";
import { BOT, Contacts, DOMAIN, full, HandClock, log, Scribe, Stage, unavailable } from "../harness/presence-stage.js";

const JULIET = bare("juliet@example.org");
const BALCONY = full("juliet@example.org/balcony");
const CHAMBER = full("juliet@example.org/chamber");
const DAY = 864e5;

let stage: Stage;
let contacts: Contacts;
let scribe: Scribe;
let clock: HandClock;
let directory: PresenceDirectory;

beforeEach(() => {
  [stage, contacts, scribe, clock] = [new Stage(), new Contacts(), new Scribe(), new HandClock()];
  directory = new PresenceDirectory({
    router: stage,
    stream: stage,
    index: contacts,
    office: scribe,
    contact: BOT,
    log,
    clock,
    pace: 100,
  });
  directory.start();
});

const here = (from: string, inner = "", to: string = BOT): boolean =>
  stage.hear(`<presence from='${from}' to='${to}'>${inner}</presence>`);
const word = (type: string, from: string, to: string = BOT): boolean =>
  stage.hear(`<presence type='${type}' from='${from}' to='${to}'/>`);
const online = (): string[] => directory.resources(JULIET).map((r) => r.jid);

describe("who is online", () => {
  test("the office hears of a client in the same tick", () => {
    expect(here(BALCONY)).toBe(true);
    expect(scribe.offers).toEqual([BALCONY]);
    expect(online()).toEqual([BALCONY]);
  });

  test("once a stay: a repeated or changed presence is no news", () => {
    here(BALCONY);
    for (const inner of ["", "<show>away</show>", "<show>xa</show>", "<status>x</status>", "<priority>7</priority>"])
      here(BALCONY, inner);
    expect(scribe.offers).toEqual([BALCONY]);
  });

  test.each(["<show>dnd</show>", "<priority>-1</priority>"])("not while %s; when that ends, yes", (inner) => {
    here(BALCONY, inner);
    expect(scribe.offers).toEqual([]);
    here(BALCONY);
    expect(scribe.offers).toEqual([BALCONY]);
    here(BALCONY, inner);
    here(BALCONY);
    expect(scribe.offers).toEqual([BALCONY, BALCONY]);
  });

  test("a client below priority 0 takes no messages", () => {
    here(BALCONY, "<priority>-1</priority>");
    expect(online()).toEqual([]);
    expect(directory.knows(JULIET)).toBe(true);
  });

  test("best first: by priority, by show, the latest", () => {
    here(`${JULIET}/dnd`, "<show>dnd</show>");
    here(`${JULIET}/old`);
    here(`${JULIET}/new`);
    here(`${JULIET}/away`, "<show>away</show>");
    here(`${JULIET}/top`, "<show>xa</show><priority>5</priority>");
    here(`${JULIET}/chat`, "<show>chat</show>");
    expect(directory.resources(JULIET).map((r) => r.jid.split("/")[1])).toEqual(["top", "chat", "new", "old", "away", "dnd"]);
  }); // prettier-ignore

  test("clients go one by one", () => {
    here(BALCONY);
    here(CHAMBER);
    word("unavailable", CHAMBER);
    expect(online()).toEqual([BALCONY]);
    word("unavailable", BALCONY);
    expect(online()).toEqual([]);
    here(BALCONY);
    expect(scribe.offers).toEqual([BALCONY, CHAMBER, BALCONY]);
  });

  test.each(["error", "unavailable"])("%s from the bare address: all of them are gone", (type) => {
    here(BALCONY);
    here(CHAMBER);
    word(type, JULIET);
    expect(online()).toEqual([]);
  });

  test("error from a full address: that client is gone", () => {
    here(BALCONY);
    here(CHAMBER);
    word("error", BALCONY);
    expect(online()).toEqual([CHAMBER]);
  });

  test("a client that no longer answers is gone until its next presence", () => {
    here(BALCONY);
    directory.lost(BALCONY);
    expect(online()).toEqual([]);
    here(BALCONY, "<show>away</show>");
    expect(online()).toEqual([BALCONY]);
    expect(scribe.offers).toEqual([BALCONY, BALCONY]);
  });

  test("a presence from a bare address is no client", () => {
    here(JULIET);
    expect([online(), scribe.offers]).toEqual([[], []]);
  });

  test("what is addressed to somebody else here, or comes from ourselves, is not ours", () => {
    expect(here(BALCONY, "", "other@files.example.org")).toBe(false);
    here(`${BOT}/x`);
    expect(scribe.offers).toEqual([]);
  });

  test("one person's clients are limited: the oldest gives way", () => {
    for (let i = 0; i < 40; i++) here(`${JULIET}/r${i}`);
    expect(directory.resources(JULIET)).toHaveLength(32);
    expect(online()).not.toContain(`${JULIET}/r0`);
    expect(online()).toContain(`${JULIET}/r39`);
  });

  test("strangers are limited: the one heard of least recently gives way; who is followed stays", () => {
    word("subscribed", JULIET);
    here(BALCONY);
    here("s0@example.net/x");
    here("s1@example.net/x");
    for (let i = 2; i < 10_000; i++) here(`s${i}@example.net/x`);
    here("s0@example.net/x");
    here("last@example.net/x");
    expect(directory.size).toEqual({ followed: 1, strangers: 10_000 });
    expect(directory.knows(bare("s0@example.net"))).toBe(true);
    expect(directory.knows(bare("s1@example.net"))).toBe(false);
    expect(online()).toEqual([BALCONY]);
  });

  test("a stranger who leaves is forgotten", () => {
    here(BALCONY);
    word("unavailable", BALCONY);
    expect(directory.knows(JULIET)).toBe(false);
    expect(directory.size.strangers).toBe(0);
  });
});

describe("following", () => {
  test("asks once, from bare to bare, until a day has passed", async () => {
    directory.follow(JULIET);
    directory.follow(JULIET);
    await settled();
    expect(stage.texts()).toEqual([`<presence type="subscribe" from="${BOT}" to="${JULIET}"/>`]);
    await clock.turn(DAY - 1);
    directory.follow(JULIET);
    await settled();
    expect(stage.texts()).toEqual([]);
    await clock.turn(1);
    directory.follow(JULIET);
    await settled();
    expect(stage.texts()).toHaveLength(1);
  });

  test("yes is recorded and ends the asking", async () => {
    directory.follow(JULIET);
    await settled();
    word("subscribed", JULIET);
    expect(scribe.standings).toEqual([`${JULIET} {"followed":true,"standing":"met"}`]);
    expect(directory.knows(JULIET)).toBe(true);
    stage.texts();
    await clock.turn(2 * DAY);
    directory.follow(JULIET);
    await settled();
    expect(stage.texts()).toEqual([]);
  });

  test("no is recorded, and what was seen of him goes", async () => {
    word("subscribed", JULIET);
    here(BALCONY);
    word("unsubscribed", JULIET);
    expect(scribe.standings.at(-1)).toBe(`${JULIET} {"followed":false}`);
    expect([online(), directory.knows(JULIET)]).toEqual([[], false]);
  });

  test("no from somebody whom nobody asked is not put on record", () => {
    word("unsubscribed", JULIET);
    expect(scribe.standings).toEqual([]);
  });

  test("whoever asks us is asked back once; after his no, not in a game of ping-pong", async () => {
    const requests = (): number => stage.texts().filter((s) => s.includes('type="subscribe"')).length;
    directory.askBack(JULIET);
    directory.askBack(JULIET);
    await clock.turn(60_000);
    directory.askBack(JULIET);
    expect(requests()).toBe(1);
    word("subscribed", JULIET);
    directory.askBack(JULIET);
    expect(requests()).toBe(1);
    word("unsubscribed", JULIET);
    directory.askBack(JULIET);
    directory.follow(JULIET);
    await settled();
    expect(requests()).toBe(0);
    await clock.turn(2000);
    directory.askBack(JULIET);
    expect(requests()).toBe(1);
  });

  test("somebody on record as followed is probed, not asked", async () => {
    contacts.add(JULIET, { followed: true });
    directory.follow(JULIET);
    await settled();
    expect(stage.texts()).toEqual([`<presence type="probe" from="${BOT}" to="${JULIET}"/>`]);
  });

  test("records that are down do not keep from asking", async () => {
    contacts.isDown = true;
    directory.follow(JULIET);
    await settled();
    expect(stage.texts()).toHaveLength(1);
  });
});

describe("the stream comes and goes", () => {
  test("everything is forgotten, and asked for again: first who is awaited", async () => {
    for (let i = 0; i < 300; i++) contacts.add(`c${String(i).padStart(4, "0")}@example.org`, { followed: true });
    contacts.add("follower@example.org", { follows: true });
    contacts.add("stranger@example.org");
    contacts.awaited.add("c0250@example.org").add("c0280@example.org").add("stranger@example.org");
    here("c0001@example.org/x");
    directory.connected();
    expect(directory.knows(bare("c0001@example.org"))).toBe(false);
    await clock.turn(1000);
    expect(stage.sent.length).toBeGreaterThan(80);
    expect(stage.sent.length).toBeLessThanOrEqual(105);
    await clock.turn(10_000);
    const to = stage.texts().map((s) => /^<presence type="probe" from="bot@files.example.org" to="([^"]+)"\/>$/.exec(s)![1]);
    expect(to.slice(0, 3)).toEqual(["c0250@example.org", "c0280@example.org", "c0000@example.org"]);
    expect(to).toHaveLength(300);
    expect(new Set(to).size).toBe(300);
    here("c0001@example.org/x");
    expect(scribe.offers).toEqual(["c0001@example.org/x", "c0001@example.org/x"]);
  }); // prettier-ignore

  test("another process is gone: whoever has not been heard of is asked about, first who is awaited", async () => {
    for (const name of ["a", "b", "c", "d"]) contacts.add(`${name}@example.org`, { followed: true });
    contacts.add("stranger@example.org");
    contacts.awaited.add("d@example.org");
    directory.connected();
    await clock.turn(1000);
    here("b@example.org/x");
    stage.texts();
    directory.inherit();
    await clock.turn(1000);
    const to = stage.texts().map((s) => /^<presence type="probe" from="bot@files.example.org" to="([^"]+)"\/>$/.exec(s)![1]);
    expect([...new Set(to)]).toEqual(["d@example.org", "a@example.org", "c@example.org"]);
  }); // prettier-ignore

  test("who has shown himself before his turn is kept, and still asked about", async () => {
    contacts.add(JULIET, { followed: true });
    directory.connected();
    here(BALCONY);
    await clock.turn(1000);
    expect(stage.texts()).toHaveLength(1);
    expect(online()).toEqual([BALCONY]);
    expect(directory.size).toEqual({ followed: 1, strangers: 0 });
  });

  test("somebody awaited of whom no server says anything is asked again; everybody else is left alone", async () => {
    for (const name of ["silent", "away", "broken", "unawaited"])
      contacts.add(`${name}@example.org`, { followed: true });
    for (const name of ["silent", "away", "broken"]) contacts.awaited.add(`${name}@example.org`);
    directory.connected();
    await clock.turn(1000);
    stage.texts();
    expect(directory.knows(bare("away@example.org"))).toBe(false);
    word("unavailable", "away@example.org");
    word("error", "broken@example.org");
    expect(directory.knows(bare("away@example.org"))).toBe(true);
    await clock.turn(13_000);
    expect(stage.texts()).toEqual([]);
    await clock.turn(2000);
    expect(stage.texts()).toEqual([`<presence type="subscribe" from="${BOT}" to="silent@example.org"/>`]);
    expect(scribe.standings).toEqual(['silent@example.org {"followed":false}']);
    word("subscribed", "silent@example.org");
    expect(scribe.standings[1]).toBe('silent@example.org {"followed":true,"standing":"met"}');
    expect(directory.knows(bare("silent@example.org"))).toBe(true);
  });

  test("a break in the middle ends the asking", async () => {
    for (let i = 0; i < 300; i++) contacts.add(`c${i}@example.org`, { followed: true });
    directory.connected();
    await clock.turn(500);
    directory.disconnected();
    stage.texts();
    await clock.turn(60_000);
    expect(stage.texts()).toEqual([]);
    expect(directory.size).toEqual({ followed: 0, strangers: 0 });
  });

  test("a send that is refused ends the asking until the next connection", async () => {
    for (let i = 0; i < 3; i++) contacts.add(`c${i}@example.org`, { followed: true });
    stage.online = false;
    directory.connected();
    await clock.turn(1000);
    stage.online = true;
    directory.connected();
    await clock.turn(1000);
    expect(stage.texts()).toHaveLength(3);
  });
});

describe("capabilities", () => {
  const FEATURES = ["urn:xmpp:receipts", "urn:xmpp:jingle:1"];
  const answer = (features: string[], identity = "pc"): string =>
    `<query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' type='${identity}'/>` +
    features.map((f) => `<feature var='${f}'/>`).join("") +
    "</query>";
  const hash = (features: string[], algorithm = "sha-1"): string =>
    verification({ identities: [{ category: "client", type: "pc" }], features, forms: [] }, algorithm);
  const caps = (ver: string, algorithm: string | undefined = "sha-1"): string =>
    `<c xmlns='http://jabber.org/protocol/caps' ${algorithm ? `hash='${algorithm}'` : ""} node='urn:c' ver='${ver}'/>`;
  const can = (jid: string, feature: string): boolean | undefined =>
    directory
      .resources(bare(jid))
      .find((r) => r.jid === jid)
      ?.can(feature);
  const VER = hash(FEATURES);

  test("unknown at first; the client is asked from our full address; then the office hears of it once more", async () => {
    here(BALCONY, caps(VER));
    expect(can(BALCONY, FEATURES[0]!)).toBeUndefined();
    const [question] = stage.questions;
    expect(question!.iq.attrs).toMatchObject({ type: "get", from: `${BOT}/restante`, to: BALCONY });
    expect(question!.iq.getChild("query")?.attrs["node"]).toBe(`urn:c#${VER}`);
    question!.answer(answer(FEATURES));
    await settled();
    expect(can(BALCONY, FEATURES[0]!)).toBe(true);
    expect(can(BALCONY, "urn:xmpp")).toBe(false);
    expect(scribe.offers).toEqual([BALCONY, BALCONY]);
    expect(scribe.seen[0]!.can(FEATURES[1]!)).toBe(true);
  });

  test("several presences before the answer: one word to the office after it", async () => {
    here(BALCONY, caps(VER));
    here(BALCONY, caps(VER) + "<show>away</show>");
    here(BALCONY, caps(VER));
    stage.questions[0]!.answer(answer(FEATURES));
    await settled();
    expect(scribe.offers).toEqual([BALCONY, BALCONY]);
  });

  test.each(["sha-1", "sha-256"])("one question a hash (%s), whoever has it, also after the stream broke", async (algorithm) => {
    const ver = hash(FEATURES, algorithm);
    for (let i = 0; i < 50; i++) here(`c${i}@example.org/x`, caps(ver, algorithm));
    expect(stage.questions).toHaveLength(1);
    stage.questions[0]!.answer(answer(FEATURES));
    await settled();
    expect(scribe.offers).toHaveLength(100);
    directory.connected();
    here(BALCONY, caps(ver, algorithm));
    expect(stage.questions).toHaveLength(1);
    expect(can(BALCONY, FEATURES[0]!)).toBe(true);
    expect(scribe.offers).toHaveLength(101);
  }); // prettier-ignore

  test("a lie is believed of the liar alone, and the next who claims the same is asked", async () => {
    here("mallory@example.net/x", caps(VER));
    here(BALCONY, caps(VER));
    here(CHAMBER, caps(VER));
    stage.questions[0]!.answer(answer(["urn:forged"]));
    await settled();
    expect(can("mallory@example.net/x", "urn:forged")).toBe(true);
    expect(can(BALCONY, "urn:forged")).toBeUndefined();
    expect(stage.questions).toHaveLength(2);
    expect(stage.questions[1]!.iq.attrs["to"]).toBe(BALCONY);
    stage.questions[1]!.answer(answer(FEATURES));
    await settled();
    expect(can(BALCONY, FEATURES[0]!)).toBe(true);
    expect(can(CHAMBER, FEATURES[0]!)).toBe(true);
    expect(can(CHAMBER, "urn:forged")).toBe(false);
    expect(can("mallory@example.net/x", FEATURES[0]!)).toBe(false);
  });

  test("a liar is not asked again at each of his presences", async () => {
    here("mallory@example.net/x", caps(VER));
    stage.questions[0]!.answer(answer(["urn:forged"]));
    await settled();
    here("mallory@example.net/x", caps(VER) + "<show>away</show>");
    expect(stage.questions).toHaveLength(1);
    expect(can("mallory@example.net/x", "urn:forged")).toBe(true);
  });

  test("an answer that could be read in two ways is believed of its author alone", async () => {
    const forged = `<query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' type='pc' name=''/><feature var='${FEATURES[1]}&lt;${FEATURES[0]}'/></query>`;
    expect(hash([`${FEATURES[1]}<${FEATURES[0]}`])).toBe(VER);
    here("mallory@example.net/x", caps(VER));
    stage.questions[0]!.answer(forged);
    await settled();
    here(BALCONY, caps(VER));
    expect(can(BALCONY, FEATURES[0]!)).toBeUndefined();
    expect(stage.questions).toHaveLength(2);
  });

  test.each([
    ["legacy, without a hash", undefined],
    ["a hash that nobody knows", "md5"],
  ])("%s: asked of each, believed of each", async (_, algorithm) => {
    const claim = `<c xmlns='http://jabber.org/protocol/caps' ${algorithm ? `hash='${algorithm}'` : ""} node='urn:c' ver='1'/>`;
    here(BALCONY, claim);
    here(CHAMBER, claim);
    expect(stage.questions).toHaveLength(2);
    stage.questions[0]!.answer(answer(["urn:a"]));
    stage.questions[1]!.answer(answer(["urn:b"]));
    await settled();
    expect([can(BALCONY, "urn:a"), can(BALCONY, "urn:b")]).toEqual([true, false]);
    expect([can(CHAMBER, "urn:a"), can(CHAMBER, "urn:b")]).toEqual([false, true]);
  });

  test("no answer: another is asked; with nobody left, the next presence asks again", async () => {
    here(BALCONY, caps(VER));
    here(CHAMBER, caps(VER));
    stage.questions[0]!.fail(unavailable());
    await settled();
    expect(stage.questions[1]!.iq.attrs["to"]).toBe(CHAMBER);
    stage.questions[1]!.fail(unavailable());
    await settled();
    expect(stage.questions).toHaveLength(2);
    here(BALCONY, caps(VER) + "<show>away</show>");
    expect(stage.questions).toHaveLength(3);
  });

  test("an answer that comes when the client is gone is kept for others and told to nobody", async () => {
    here(BALCONY, caps(VER));
    word("unavailable", BALCONY);
    stage.questions[0]!.answer(answer(FEATURES));
    await settled();
    expect(scribe.offers).toEqual([BALCONY]);
    here(CHAMBER, caps(VER));
    expect(stage.questions).toHaveLength(1);
    expect(can(CHAMBER, FEATURES[0]!)).toBe(true);
  });

  test("an answer to the last connection is no answer to this one", async () => {
    here(BALCONY, caps(VER));
    directory.connected();
    here(BALCONY, caps(VER));
    stage.questions[0]!.answer(answer(FEATURES));
    await settled();
    expect(can(BALCONY, FEATURES[0]!)).toBeUndefined();
    stage.questions[1]!.answer(answer(FEATURES));
    await settled();
    expect(can(BALCONY, FEATURES[0]!)).toBe(true);
  });

  test("other capabilities in a later presence are news, when they are known", async () => {
    const other = hash(["urn:other"]);
    here(BALCONY, caps(VER));
    stage.questions[0]!.answer(answer(FEATURES));
    await settled();
    here(BALCONY, caps(other));
    expect(scribe.offers).toHaveLength(2);
    stage.questions[1]!.answer(answer(["urn:other"]));
    await settled();
    expect(scribe.offers).toHaveLength(3);
    here(BALCONY, caps(VER));
    expect(scribe.offers).toHaveLength(4);
    here(BALCONY, caps(VER));
    expect(scribe.offers).toHaveLength(4);
  });

  test("do not disturb: what is learnt meanwhile is no news", async () => {
    here(BALCONY, "<show>dnd</show>" + caps(VER));
    stage.questions[0]!.answer(answer(FEATURES));
    await settled();
    expect(scribe.offers).toEqual([]);
  });

  test("questions under way are limited", async () => {
    for (let i = 0; i < 100; i++) here(`c${i}@example.org/x`, caps(hash([`urn:${i}`])));
    expect(stage.questions).toHaveLength(32);
    stage.questions[0]!.fail(unavailable());
    await settled();
    expect(stage.questions).toHaveLength(33);
  });

  test("answers kept are limited: the least recently used is unknown again", async () => {
    const show = async (i: number): Promise<void> => {
      const before = stage.questions.length;
      here(`c${i}@example.org/x`, caps(hash([`urn:${i}`])));
      if (stage.questions.length > before) stage.questions.at(-1)!.answer(answer([`urn:${i}`]));
      await new Promise((resolve) => setImmediate(resolve));
    };
    for (let i = 0; i < 2048; i++) await show(i);
    await show(0);
    await show(2048);
    expect(can("c0@example.org/x", "urn:0")).toBe(true);
    expect(can("c1@example.org/x", "urn:1")).toBeUndefined();
    expect(can("c2@example.org/x", "urn:2")).toBe(true);
  });
});

describe("XEP-0356: what the server shows by itself", () => {
  const grant = (from: string, type: string, ns = 2, to: string = DOMAIN): boolean =>
    stage.hear(
      `<message from='${from}' to='${to}'><privilege xmlns='urn:xmpp:privilege:${ns}'><perm access='roster' type='get'/><perm access='presence' type='${type}'/></privilege></message>`,
    );
  const push = (from: string): Promise<{ attrs: Record<string, unknown> }> =>
    stage.ask(
      `<iq type='set' id='p' from='${from}' to='${DOMAIN}'><query xmlns='jabber:iq:roster'><item jid='a@b'/></query></iq>`,
    );
  const expectAsked = async (isAsked: boolean): Promise<void> => {
    directory.follow(JULIET);
    await settled();
    expect(stage.texts()).toHaveLength(isAsked ? 1 : 0);
  };
  let privilege: Privilege;
  beforeEach(() => {
    privilege = new Privilege({ router: stage, stream: stage, directory, hosts: ["example.org"], log });
    privilege.start();
  }); // prettier-ignore

  test.each([
    ["managed_entity", 2],
    ["roster", 1],
  ])("%s (:%i): nobody needs to be asked, and everybody's presence counts", async (type, ns) => {
    expect(grant("example.org", type, ns)).toBe(true);
    expect(directory.knows(JULIET)).toBe(false);
    directory.follow(JULIET);
    await settled();
    expect(stage.texts()).toEqual([]);
    here(BALCONY, "", DOMAIN);
    expect(scribe.offers).toEqual([BALCONY]);
    expect(directory.size).toEqual({ followed: 1, strangers: 0 });
    word("unavailable", BALCONY, DOMAIN);
    expect(online()).toEqual([]);
    word("unsubscribed", JULIET);
    expect(directory.knows(JULIET)).toBe(true);
  });

  test("presence of others in their rosters is a stranger's", () => {
    grant("example.org", "roster");
    here("eve@example.net/x", "", DOMAIN);
    expect(directory.size).toEqual({ followed: 0, strangers: 1 });
  });

  test.each([
    ["another server", "example.net", DOMAIN],
    ["a user", "romeo@example.org", DOMAIN],
    ["a client of the domain", "example.org/x", DOMAIN],
    ["the right server to the wrong address", "example.org", BOT],
  ])("%s grants nothing", async (_, from, to) => {
    grant(from, "roster", 2, to);
    await expectAsked(true);
  });

  test("what was granted ends with the stream, or when it is taken back", async () => {
    grant("example.org", "roster");
    await expectAsked(false);
    grant("example.org", "none");
    await expectAsked(true);
    grant("example.org", "roster");
    directory.disconnected();
    privilege.disconnected();
    expect(privilege.of("example.org")).toBeUndefined();
    await clock.turn(DAY);
    await expectAsked(true);
  });

  test("roster pushes are taken from those whose rosters were granted, and from nobody else", async () => {
    expect((await push(JULIET)).attrs["type"]).toBe("error");
    grant("example.org", "none");
    expect((await push(JULIET)).attrs["type"]).toBe("result");
    expect((await push("eve@example.net")).attrs["type"]).toBe("error");
  });
});
