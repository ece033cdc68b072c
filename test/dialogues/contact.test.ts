import { beforeEach, describe, expect, test } from "@jest/globals";
import { BotContact, type ContactOptions } from "../../component/messenger/contact.js";
import { verification } from "../../component/messenger/caps.js";
import { parse } from "ltx";
import { parseInfo, NS_INFO } from "../../component/messenger/wire/xep0030-disco.js";
import { settled } from "../harness/fake-clock.js";
import { BOT, Contacts, DOMAIN, HandClock, log, Scribe, Stage } from "../harness/presence-stage.js";

const ROMEO = "romeo@example.org";
const ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas";

let stage: Stage;
let contacts: Contacts;
let scribe: Scribe;
let clock: HandClock;
let asked: string[];

function enter(change: Partial<ContactOptions> = {}): BotContact {
  const contact = new BotContact({
    router: stage,
    stream: stage,
    index: contacts,
    office: scribe,
    directory: { askBack: (jid) => void asked.push(jid) },
    contact: BOT,
    name: "Restante",
    url: "https://files.example.org",
    abuse: "mailto:abuse@example.org",
    features: ["urn:xmpp:receipts", "jabber:x:oob"],
    version: "1.2.3",
    log,
    clock,
    ...change,
  });
  contact.start();
  return contact;
}

beforeEach(() => {
  [stage, contacts, scribe, clock, asked] = [new Stage(), new Contacts(), new Scribe(), new HandClock(), []];
});

const said = (): Record<string, string | undefined>[] =>
  stage.texts().map((text) => {
    const { type, from, to } = parse(text).attrs as Record<string, string>;
    return { type, from, to };
  });
const presence = (type: string, from: string, to: string): boolean =>
  stage.hear(`<presence type='${type}' from='${from}' to='${to}'/>`);

describe("RFC 6121: subscriptions and probes", () => {
  test("whoever adds the contact sees it at once, and is asked back", () => {
    enter();
    expect(presence("subscribe", `${ROMEO}/balcony`, BOT)).toBe(true);
    expect(said()).toEqual([
      { type: "subscribed", from: BOT, to: ROMEO },
      { type: undefined, from: `${BOT}/restante`, to: ROMEO },
    ]);
    expect(asked).toEqual([ROMEO]);
    expect(scribe.standings).toEqual([`${ROMEO} {"follows":true,"standing":"met"}`]);
  });

  test("whoever adds the domain sees it, and is asked by the contact", () => {
    enter();
    presence("subscribe", ROMEO, DOMAIN);
    const [, shown] = stage.sent;
    expect(said()).toEqual([
      { type: "subscribed", from: DOMAIN, to: ROMEO },
      { type: undefined, from: `${DOMAIN}/restante`, to: ROMEO },
    ]);
    expect(shown!.toString()).toContain(BOT);
    expect(asked).toEqual([ROMEO]);
    expect(scribe.standings).toEqual([]);
  });

  test("nobody else lives here", () => {
    enter();
    presence("subscribe", ROMEO, "juliet\\40example.org@files.example.org");
    presence("probe", ROMEO, "other@files.example.org/x");
    presence("unsubscribe", ROMEO, "other@files.example.org");
    expect(said()).toEqual([
      { type: "unsubscribed", from: "juliet\\40example.org@files.example.org", to: ROMEO },
      { type: "unsubscribed", from: "other@files.example.org", to: ROMEO },
    ]);
    expect([asked, scribe.standings]).toEqual([[], []]);
  });

  test("whoever removes it sees it go", () => {
    enter();
    presence("unsubscribe", ROMEO, BOT);
    expect(said()).toEqual([{ type: "unavailable", from: `${BOT}/restante`, to: ROMEO }]);
    expect(scribe.standings).toEqual([`${ROMEO} {"follows":false}`]);
  });

  test.each([
    [BOT, ROMEO, `${BOT}/restante`],
    [BOT, `${ROMEO}/balcony`, `${BOT}/restante`],
    [`${BOT}/restante`, ROMEO, `${BOT}/restante`],
    [`${BOT}/(null)`, ROMEO, `${BOT}/(null)`],
    [DOMAIN, ROMEO, `${DOMAIN}/restante`],
  ])("a probe of %s by %s is answered from %s", (to, from, answeredBy) => {
    enter();
    presence("probe", from, to);
    expect(said()).toEqual([{ type: undefined, from: answeredBy, to: from }]);
  });

  test("presence says what it must: status, priority, caps, picture", () => {
    enter();
    presence("probe", ROMEO, BOT);
    const shown = parse(stage.sent[0]!.toString());
    expect(shown.getChildText("priority")).toBe("0");
    expect(shown.getChild("show")).toBeUndefined();
    expect(shown.getChildText("status")).toMatch(/file/);
    expect(shown.getChild("x", "vcard-temp:x:update")?.getChildText("photo")).toMatch(/^[0-9a-f]{40}$/);
  });

  test.each(["unavailable", "subscribed", "unsubscribed", "error"])("%s is left to the directory", (type) => {
    enter();
    expect(presence(type, ROMEO, BOT)).toBe(false);
  });
});

describe("the stream comes and goes", () => {
  const FOLLOWERS = 450;
  beforeEach(() => {
    for (let i = 0; i < FOLLOWERS; i++) contacts.add(`c${String(i).padStart(4, "0")}@example.org`, { follows: true });
    contacts.add("z-not@example.org", { followed: true });
  });

  test("everybody who sees us is told, at the pace asked for, page after page", async () => {
    const contact = enter({ pace: 100 });
    contact.connected();
    await clock.turn(1000);
    expect(stage.sent.length).toBeGreaterThan(80);
    expect(stage.sent.length).toBeLessThanOrEqual(102);
    await clock.turn(10_000);
    const told = said();
    expect(new Set(told.map(({ to }) => to)).size).toBe(FOLLOWERS);
    expect(told).toHaveLength(FOLLOWERS);
    expect(told.some(({ to }) => to === "z-not@example.org")).toBe(false);
  });

  test("a stream that breaks ends the round; the next begins anew", async () => {
    const contact = enter({ pace: 100 });
    contact.connected();
    await clock.turn(500);
    contact.disconnected();
    stage.texts();
    await clock.turn(60_000);
    expect(stage.sent).toEqual([]);
    contact.connected();
    await clock.turn(60_000);
    expect(stage.sent).toHaveLength(FOLLOWERS);
  });

  test("records that are down hold the round up, no more", async () => {
    const contact = enter();
    contacts.isDown = true;
    contact.connected();
    await clock.turn(20_000);
    expect(stage.sent).toEqual([]);
    contacts.isDown = false;
    await clock.turn(20_000);
    expect(stage.sent).toHaveLength(FOLLOWERS);
  });

  test("at the end everybody is told good-bye", async () => {
    const contact = enter();
    await contact.stop();
    const told = said();
    expect(told).toHaveLength(FOLLOWERS);
    expect(told[0]).toEqual({ type: "unavailable", from: `${BOT}/restante`, to: "c0000@example.org" });
    expect(clock.waiting).toBe(0);
  });

  test("good-byes that nobody takes do not hold up the end", async () => {
    const contact = enter();
    let release = (): void => undefined;
    stage.send = () => new Promise<void>((resolve) => void (release = resolve));
    const stopped = contact.stop(1000);
    await clock.turn(1000);
    release();
    await stopped;
  });

  test("without a stream there is nobody to tell", async () => {
    const contact = enter();
    stage.online = false;
    await contact.stop();
    expect(stage.sent).toEqual([]);
  });
});

describe("what it says of itself", () => {
  const ask = async (to: string, payload: string, type = "get"): Promise<ReturnType<typeof parse>> =>
    parse((await stage.ask(`<iq type='${type}' id='i' from='${ROMEO}' to='${to}'>${payload}</iq>`)).toString());
  const condition = (iq: ReturnType<typeof parse>): string | undefined =>
    iq.getChild("error")?.getChildElements()[0]?.name;
  const info = (node = ""): string => `<query xmlns='${NS_INFO}'${node && ` node='${node}'`}/>`;

  test.each([[BOT, BOT], [DOMAIN, DOMAIN], [`${BOT}/restante`, BOT], [`${BOT}/(null)`, BOT]])(
    "the hash in the presence of %s is that of its own disco#info, which the node answers too",
    async (to, bareTo) => {
      enter();
      presence("probe", ROMEO, bareTo);
      const { node, ver, hash } = parse(stage.sent[0]!.toString()).getChild("c")!.attrs as Record<string, string>;
      const plain = await ask(to, info());
      const noded = await ask(to, info(`${node}#${ver}`));
      expect(hash).toBe("sha-1");
      expect(verification(parseInfo(plain.getChild("query"))!)).toBe(ver);
      expect(parseInfo(noded.getChild("query"))).toEqual(parseInfo(plain.getChild("query")));
      expect(noded.getChild("query")?.attrs["node"]).toBe(`${node}#${ver}`);
      expect(plain.attrs).toMatchObject({ from: to, to: ROMEO, id: "i", type: "result" });
    },
  ); // prettier-ignore

  test("the contact has the features that it was given; the domain has the abuse form, and nothing that moves files", async () => {
    enter();
    const contact = parseInfo((await ask(BOT, info())).getChild("query"))!;
    const domain = parseInfo((await ask(DOMAIN, info())).getChild("query"))!;
    expect(contact.identities).toEqual([{ category: "client", type: "bot", name: "Restante" }]);
    expect(contact.features).toEqual(expect.arrayContaining(["urn:xmpp:receipts", "jabber:x:oob", "urn:xmpp:ping"]));
    expect(new Set(contact.features).size).toBe(contact.features.length);
    expect(domain.identities).toEqual([{ category: "store", type: "file", name: "Restante" }]);
    expect(domain.forms[0]![1]).toMatchObject({ var: "abuse-addresses", values: ["mailto:abuse@example.org"] });
    expect(domain.features.filter((f) => /upload|bytestreams|oob|ibb|jingle|file/.test(f))).toEqual([]);
  });

  test("no abuse address, no form", async () => {
    enter({ abuse: "" });
    expect(parseInfo((await ask(DOMAIN, info())).getChild("query"))!.forms).toEqual([]);
  });

  test("the domain lists the contact, the contact nothing", async () => {
    enter();
    const items = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
    const listed = (await ask(DOMAIN, items)).getChild("query")!.getChildren("item");
    expect(listed.map((item) => item.attrs)).toEqual([{ jid: BOT, name: "Restante" }]);
    expect((await ask(BOT, items)).getChild("query")!.getChildren("item")).toEqual([]);
  });

  test.each([[info("urn:restante#AAAA")], ["<query xmlns='http://jabber.org/protocol/disco#items' node='x'/>"]])(
    "a node that there is not: %s",
    async (payload) => {
      enter();
      expect(condition(await ask(BOT, payload))).toBe("item-not-found");
    },
  );

  test("any other address is the same nobody to every question", async () => {
    enter();
    const payloads = [info(), "<ping xmlns='urn:xmpp:ping'/>", "<vCard xmlns='vcard-temp'/>", "<query xmlns='jabber:iq:last'/>"];
    const answers = new Set<string>();
    for (const payload of payloads)
      for (const to of ["juliet\\40example.org@files.example.org", "x@files.example.org/y"])
        answers.add((await ask(to, payload)).getChild("error")!.toString());
    expect(answers.size).toBe(1);
    expect([...answers][0]).toContain(`<service-unavailable xmlns="${ERRORS}"/>`);
  }); // prettier-ignore

  test("version, ping, time, vCard", async () => {
    enter();
    expect((await ask(BOT, "<query xmlns='jabber:iq:version'/>")).getChild("query")?.getChildText("version")).toBe("1.2.3");
    expect((await ask(DOMAIN, "<ping xmlns='urn:xmpp:ping'/>")).attrs["type"]).toBe("result");
    expect((await ask(BOT, "<time xmlns='urn:xmpp:time'/>")).getChild("time")?.getChildText("utc")).toBe("2026-01-01T00:00:00Z");
    const card = (await ask(BOT, "<vCard xmlns='vcard-temp'/>")).getChild("vCard")!;
    expect(card.getChildText("FN")).toBe("Restante");
    expect(card.getChildText("URL")).toBe("https://files.example.org");
  }); // prettier-ignore

  test("last activity: the service's uptime; the contact is never idle", async () => {
    enter();
    await clock.turn(5000);
    const last = "<query xmlns='jabber:iq:last'/>";
    expect((await ask(DOMAIN, last)).getChild("query")?.attrs["seconds"]).toBe("5");
    expect((await ask(BOT, last)).getChild("query")?.attrs["seconds"]).toBe("0");
  });

  test("nobody changes its vCard", async () => {
    enter();
    expect(condition(await ask(BOT, "<vCard xmlns='vcard-temp'/>", "set"))).toBe("not-allowed");
    await settled();
  });
});
