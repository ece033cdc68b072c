/** People's own addresses at the bot (XEP-0106): found, seen, sent to, spoken to; and nothing in any answer that tells who exists. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parse } from "ltx";
import type { Element } from "../../component/messenger/stanza.js";
import { settled } from "../harness/fake-clock.js";
import { BOT, OfficeStage } from "../harness/office-stage.js";

const DOMAIN = "files.example.org";
const ROMEO = "romeo@example.org";
const JULIET = "juliet@example.org";
const NURSE = "nurse@verona.example"; // no member
const at = (person: string): string => `${person.replace("@", "\\40")}@${DOMAIN}`;

let stage: OfficeStage;
beforeEach(async () => {
  stage = await new OfficeStage().start();
});
afterEach(() => stage.stop());

const ask = async (from: string, to: string, payload: string, type = "get"): Promise<Element> =>
  (await stage.stream.receive(parse(`<iq type='${type}' id='q' from='${from}' to='${to}'>${payload}</iq>`))) as Element;
const addresses = ({ attrs }: Element): object => ({ ...(attrs as object), "xml:lang": undefined });
const presences = (): object[] => stage.stream.take().filter((s) => s.name === "presence").map(addresses); // prettier-ignore
const chat = (from: string, to: string, text: string, more = ""): Promise<void> =>
  stage.receive(`<message from='${from}' to='${to}' type='chat' id='m${Math.random()}'><body>${text}</body>${more}</message>`); // prettier-ignore
/** What somebody was told since: from whom, and what. */
const told = (jid: string): string[] => {
  const mine = stage.stream.sent.filter((s) => s.name === "message" && String(s.attrs["to"]).split("/")[0] === jid && s.getChild("body")); // prettier-ignore
  for (const s of mine) stage.stream.sent.splice(stage.stream.sent.indexOf(s), 1);
  return mine.map((s) => `${String(s.attrs["from"])}: ${s.getChildText("body")}`);
};

describe("is there for whoever may have it", () => {
  test("a member adds it: granted, available, and not asked back", async () => {
    await stage.receive(`<presence type='subscribe' from='${ROMEO}' to='${at(JULIET)}'/>`);
    const sent = stage.stream.sent.filter((s) => s.name === "presence");
    expect(sent.map(addresses)).toEqual([
      { type: "subscribed", from: at(JULIET), to: ROMEO },
      { from: `${at(JULIET)}/restante`, to: ROMEO },
    ]);
    expect(sent[1]!.getChildText("status")).toContain(JULIET);
    expect(await stage.index.contact(JULIET as never)).toBeUndefined();
  });

  test("whoever has added it is told again that it is there when we are back, unless he has removed it", async () => {
    for (const who of [JULIET, NURSE])
      await stage.receive(`<presence type='subscribe' from='${ROMEO}/home' to='${at(who)}'/>`);
    await stage.receive(`<presence type='unsubscribe' from='${ROMEO}' to='${at(NURSE)}'/>`);
    stage.stream.take();
    stage.me.connected();
    await stage.settle();
    expect(presences()).toEqual([{ from: `${at(JULIET)}/restante`, to: ROMEO }]);
    await stage.me.stop();
    expect(presences()).toEqual([{ type: "unavailable", from: `${at(JULIET)}/restante`, to: ROMEO }]);
  });

  test("probed, it is there; removed, it goes; whoever may not have it is refused", async () => {
    await stage.receive(`<presence type='probe' from='${ROMEO}/home' to='${at(NURSE)}'/>`);
    await stage.receive(`<presence type='unsubscribe' from='${ROMEO}' to='${at(NURSE)}'/>`);
    await stage.receive(`<presence type='subscribe' from='${NURSE}' to='${at("friar@cell.example")}'/>`);
    await stage.receive(`<presence type='subscribe' from='${NURSE}' to='${at(ROMEO)}'/>`);
    await stage.receive(`<presence type='subscribe' from='x@refused.example' to='${at(ROMEO)}'/>`);
    await stage.receive(`<presence type='subscribe' from='${ROMEO}' to='${at("x@refused.example")}'/>`);
    expect(presences()).toEqual([
      { from: `${at(NURSE)}/restante`, to: `${ROMEO}/home` },
      { type: "unavailable", from: `${at(NURSE)}/restante`, to: ROMEO },
      { type: "unsubscribed", from: at("friar@cell.example"), to: NURSE },
      { type: "subscribed", from: at(ROMEO), to: NURSE },
      { from: `${at(ROMEO)}/restante`, to: NURSE },
      { type: "unsubscribed", from: at(ROMEO), to: "x@refused.example" },
      { type: "unsubscribed", from: at("x@refused.example"), to: ROMEO },
    ]);
  });

  test("it has her address as its name, the contact's abilities, and a picture", async () => {
    const card = (await ask(ROMEO, at(JULIET), "<vCard xmlns='vcard-temp'/>")).getChild("vCard")!;
    expect([card.getChildText("FN"), card.getChildText("NICKNAME"), card.getChildText("JABBERID")]).toEqual([
      JULIET,
      JULIET,
      at(JULIET),
    ]);
    expect(card.getChild("PHOTO")?.getChildText("BINVAL")).toMatch(/^iVBOR/);
    const info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
    const [hers, bots] = [await ask(ROMEO, at(JULIET), info), await ask(ROMEO, BOT, info)];
    expect(hers.getChild("query")!.toString()).toBe(bots.getChild("query")!.toString());
    for (const payload of [
      "<ping xmlns='urn:xmpp:ping'/>",
      "<time xmlns='urn:xmpp:time'/>",
      "<query xmlns='jabber:iq:version'/>",
      "<query xmlns='jabber:iq:last'/>",
      "<query xmlns='http://jabber.org/protocol/disco#items'/>",
    ])
      // prettier-ignore
      expect((await ask(ROMEO, `${at(JULIET)}/restante`, payload)).attrs["type"]).toBe("result");
  });
});

describe("no answer tells whether she exists, is a member, or is there", () => {
  /** Everything that a member can ask, and what he gets, with her name taken out. */
  async function everything(person: string): Promise<string> {
    stage.stream.take();
    const payloads = [
      "<query xmlns='http://jabber.org/protocol/disco#info'/>",
      "<query xmlns='http://jabber.org/protocol/disco#items'/>",
      "<query xmlns='jabber:iq:version'/>",
      "<query xmlns='jabber:iq:last'/>",
      "<vCard xmlns='vcard-temp'/>",
      "<ping xmlns='urn:xmpp:ping'/>",
      "<query xmlns='jabber:iq:roster'/>",
      "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:metadata'/></pubsub>",
    ];
    const answers: string[] = [];
    for (const to of [at(person), `${at(person)}/restante`, `${at(person)}/other`])
      for (const payload of payloads) answers.push((await ask(`${ROMEO}/home`, to, payload)).toString());
    for (const type of ["subscribe", "probe", "unsubscribe"])
      await stage.receive(`<presence type='${type}' from='${ROMEO}' to='${at(person)}'/>`);
    await stage.receive(`<presence from='${ROMEO}/home' to='${at(person)}'/>`);
    const prompt = (await ask(ROMEO, DOMAIN, `<query xmlns='jabber:iq:gateway'><prompt>${person}</prompt></query>`, "set")).toString(); // prettier-ignore
    const seen = [...answers, ...stage.stream.take().map(String), prompt].join("\n");
    return seen.replaceAll(person, "SOMEBODY").replaceAll(at(person), "ADDRESS");
  }

  test("byte for byte: somebody unknown, a member who is away, one who is online, one who blocks him", async () => {
    const unknown = await everything("ghost0@example.org");
    expect(unknown).toContain("SOMEBODY");
    await stage.befriend(JULIET);
    const away = await everything(JULIET);
    await stage.online(JULIET);
    const online = await everything(JULIET);
    await stage.say(JULIET, `block ${ROMEO}`);
    const blocking = await everything(JULIET);
    expect([away, online, blocking]).toEqual([unknown, unknown, unknown]);
  });

  test("what is asked costs no look into the records", async () => {
    const contact = stage.index.contact.bind(stage.index);
    let looks = 0;
    stage.index.contact = (jid) => (looks++, contact(jid));
    await everything(JULIET);
    expect(looks).toBe(0);
  });

  test("receipts for words are ours, and the same for everybody", async () => {
    await stage.befriend(JULIET);
    const receipt = async (person: string): Promise<string[]> => {
      stage.stream.take();
      await chat(ROMEO, at(person), "hi", "<request xmlns='urn:xmpp:receipts'/>");
      const mine = stage.stream.take().filter((s) => s.getChild("received", "urn:xmpp:receipts"));
      return mine.map((s) => `${String(s.attrs["from"])} ${String(s.attrs["to"])}`);
    };
    expect(await receipt(JULIET)).toEqual([`${at(JULIET)} ${ROMEO}`]);
    expect(await receipt("ghost@example.org")).toEqual([`${at("ghost@example.org")} ${ROMEO}`]);
  });
});

describe("the prompt (XEP-0100)", () => {
  test("it asks, and answers with the address", async () => {
    const asked = (await ask(ROMEO, DOMAIN, "<query xmlns='jabber:iq:gateway'/>")).getChild("query")!;
    expect([asked.getChildText("prompt"), asked.getChildText("desc")]).toEqual(["Address", expect.stringContaining("juliet@example.org")]); // prettier-ignore
    const find = async (text: string, from = ROMEO): Promise<string | null | undefined> => {
      const answer = await ask(
        from,
        DOMAIN,
        `<query xmlns='jabber:iq:gateway'><prompt>${text}</prompt></query>`,
        "set",
      );
      return answer.getChild("query")?.getChildText("jid") ?? answer.getChild("error")?.getChildElements()[0]?.name;
    };
    expect(await find("Juliet@Example.org")).toBe(at(JULIET));
    expect(await find(" xmpp:juliet@example.org?message ")).toBe(at(JULIET));
    expect(await find("juliet@example.org/balcony")).toBe(at(JULIET));
    expect(await find(at(JULIET))).toBe(at(JULIET));
    expect(await find("juliet")).toBe("jid-malformed");
    expect(await find(BOT)).toBe("jid-malformed");
    expect(await find("")).toBe("bad-request");
    expect(await find("x@refused.example")).toBe("not-allowed");
    expect(await find(ROMEO, NURSE)).toBe(at(ROMEO));
    expect(await find("friar@cell.example", NURSE)).toBe("not-authorized");
  });

  test("is had at the domain only, which is no gateway that wants registration", async () => {
    expect((await ask(ROMEO, BOT, "<query xmlns='jabber:iq:gateway'/>")).attrs["type"]).toBe("error");
    const info = (await ask(ROMEO, DOMAIN, "<query xmlns='http://jabber.org/protocol/disco#info'/>")).getChild(
      "query",
    )!;
    const features = info.getChildren("feature").map(({ attrs }) => String(attrs["var"]));
    expect(features).toEqual(expect.arrayContaining(["jabber:iq:gateway", "jid\\20escaping"]));
    expect(features).not.toContain("jabber:iq:register");
    expect(info.getChildren("identity").map(({ attrs }) => String(attrs["category"]))).not.toContain("gateway");
  });
});

describe("files", () => {
  const URL_ = "https://up.example.org/notes.txt";
  beforeEach(() => void stage.internet.files.set(URL_, Buffer.from("Wherefore art thou?")));
  const link = (from: string, to: string, url = URL_): Promise<void> =>
    stage.receive(`<message from='${from}' to='${to}' type='chat' id='l'><body>${url}</body><x xmlns='jabber:x:oob'><url>${url}</url></x></message>`); // prettier-ignore

  test("a link sent there is hers at once, and told of there", async () => {
    await stage.befriend(JULIET);
    await stage.online(JULIET);
    await link(ROMEO, at(JULIET));
    const words = told(ROMEO);
    expect(words.every((line) => line.startsWith(`${at(JULIET)}: `))).toBe(true);
    expect(words.join("\n")).toMatch(/I keep notes\.txt .* as number 1, until[^]*has been offered/);
    expect(words.join("\n")).not.toContain("send 1 to");
    expect(told(JULIET).join("\n")).toContain("romeo@example.org has a file for you: notes.txt");
  });

  test("the same link to two people, one after the other, is for both", async () => {
    for (const who of [JULIET, "mercutio@example.org"]) await stage.befriend(who);
    await link(ROMEO, at(JULIET));
    await link(ROMEO, at("mercutio@example.org"));
    expect((await stage.index.sentBy(ROMEO as never, undefined, 10)).map((p) => p.recipient).sort()).toEqual([
      JULIET,
      "mercutio@example.org",
    ]);
  });

  test("by the client's own transfer", async () => {
    await stage.befriend(JULIET);
    const reception = await stage.office.receive(`${ROMEO}/home` as never, at(JULIET) as never, { name: "a.bin", size: 3, description: "to mercutio@example.org" }, "si"); // prettier-ignore
    await reception.begin(0);
    await reception.write(Buffer.from("abc"));
    await reception.complete();
    await stage.settle();
    expect((await stage.index.sentBy(ROMEO as never, undefined, 10)).map((p) => p.recipient)).toEqual([JULIET]);
    expect(told(ROMEO).map((line) => line.split(":")[0])).toEqual([at(JULIET), at(JULIET)]);
  });

  test("what is written beside a link is hers, too, and no command", async () => {
    await stage.befriend(JULIET);
    await stage.online(JULIET);
    told(JULIET);
    await chat(ROMEO, at(JULIET), `for mercutio@example.org ${URL_}`, `<x xmlns='jabber:x:oob'><url>${URL_}</url></x>`);
    const heard = told(JULIET);
    expect(heard[0]).toBe(`${at(ROMEO)}: for mercutio@example.org`);
    expect(heard.join("\n")).toContain("romeo@example.org has a file for you: notes.txt");
    expect((await stage.index.sentBy(ROMEO as never, undefined, 10)).map((p) => p.recipient)).toEqual([JULIET]);
  });

  test("words that cannot be passed on take nothing from the file beside them", async () => {
    const long = "a".repeat(20_000);
    await chat(ROMEO, at(NURSE), long, `<x xmlns='jabber:x:oob'><url>${URL_}</url></x>`);
    expect(told(ROMEO).join("\n")).toMatch(/too large for me to read[^]*I keep notes\.txt/);
    expect(told(NURSE).join("\n")).toContain("romeo@example.org has a file for you");
  });

  test("hostile names take nothing", async () => {
    for (const local of [
      "nobody",
      "x\\40y\\40z",
      "romeo\\5c40a.example\\40files.example.org",
      "x\\40refused.example",
    ]) {
      await expect(stage.office.receive(`${ROMEO}/home` as never, `${local}@${DOMAIN}` as never, { name: "a", size: 3 }, "jingle")).rejects.toMatchObject({ code: "bad-address" }); // prettier-ignore
      await link(ROMEO, `${local}@${DOMAIN}`);
      await chat(ROMEO, `${local}@${DOMAIN}`, "list");
    }
    await stage.settle();
    expect((await stage.index.files(ROMEO as never, undefined, 10)).length).toBe(0);
    expect(told(ROMEO).every((line) => line.includes("is not an address that I can send to"))).toBe(true);
  });

  test("a link from somebody who may keep nothing here is passed on as words", async () => {
    for (const who of [NURSE, ROMEO]) await stage.befriend(who);
    told(ROMEO);
    await link(NURSE, at(ROMEO));
    expect(told(ROMEO)).toEqual([`${at(NURSE)}: ${URL_}`]);
    await chat(NURSE, at(ROMEO), `See ${URL_}?2`, `<x xmlns='jabber:x:oob'><url>${URL_}?2</url></x>`);
    expect(told(ROMEO)).toEqual([`${at(NURSE)}: See\n${URL_}?2`]);
    expect(stage.internet.fetches).toBe(0);
  });
});

describe("words", () => {
  beforeEach(async () => {
    for (const who of [ROMEO, JULIET]) await stage.befriend(who);
    stage.stream.take();
  });

  test("go to and fro under each other's address; commands do not work there", async () => {
    await chat(`${ROMEO}/home`, at(JULIET), "list");
    expect(told(JULIET)).toEqual([`${at(ROMEO)}: list`]);
    await chat(`${JULIET}/balcony`, at(ROMEO), "What list?");
    expect(told(ROMEO)).toEqual([`${at(JULIET)}: What list?`]);
    expect(stage.stream.sent).toEqual([]);
  });

  test("nothing but words goes through", async () => {
    await chat(ROMEO, at(JULIET), "hi", "<request xmlns='urn:xmpp:receipts'/><active xmlns='http://jabber.org/protocol/chatstates'/><nick xmlns='http://jabber.org/protocol/nick'>Evil</nick><x xmlns='jabber:x:oob'/>"); // prettier-ignore
    const hers = stage.stream.take().find((s) => s.attrs["to"] === JULIET)!;
    expect(hers.children.map((c) => (c as Element).name)).toEqual(["body"]);
    await stage.receive(`<message from='${JULIET}/b' to='${at(ROMEO)}' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`); // prettier-ignore
    await stage.receive(`<message from='${JULIET}/b' to='${at(ROMEO)}' type='chat'><received xmlns='urn:xmpp:receipts' id='${String(hers.attrs["id"])}'/></message>`); // prettier-ignore
    await stage.receive(`<presence from='${JULIET}/b' to='${at(ROMEO)}'/>`);
    expect(stage.stream.sent).toEqual([]);
  });

  test("a correction corrects what was passed on", async () => {
    await stage.receive(`<message from='${ROMEO}' to='${at(JULIET)}' type='chat' id='one'><body>helo</body></message>`);
    await stage.receive(`<message from='${ROMEO}' to='${at(JULIET)}' type='chat' id='two'><body>hello</body><replace xmlns='urn:xmpp:message-correct:0' id='one'/></message>`); // prettier-ignore
    const [first, second] = stage.stream.take().filter((s) => s.attrs["to"] === JULIET);
    expect(second!.getChild("replace")!.attrs["id"]).toBe(first!.attrs["id"]);
    expect(first!.attrs["id"]).not.toBe("one");
  });

  test("what is encrypted is told to whoever sent it", async () => {
    await stage.receive(`<message from='${ROMEO}' to='${at(JULIET)}' type='chat'><encrypted xmlns='eu.siacs.conversations.axolotl'><payload/></encrypted><body>You need OMEMO</body></message>`); // prettier-ignore
    expect(told(ROMEO)).toEqual([expect.stringMatching(/^juliet\\40example\.org@files\.example\.org: .*OMEMO/)]);
    expect(told(JULIET)).toEqual([]);
  });

  test("what is too long is refused, not cut", async () => {
    await chat(ROMEO, at(JULIET), "a".repeat(20_000));
    expect([told(ROMEO), told(JULIET)]).toEqual([[`${at(JULIET)}: That was too large for me to read.`], []]);
  });

  test("blocked: the sentence that there is; by the address here too", async () => {
    await stage.say(JULIET, `block ${at(ROMEO)}`);
    told(JULIET);
    await chat(ROMEO, at(JULIET), "hi");
    expect([told(ROMEO), told(JULIET)]).toEqual([[`${at(JULIET)}: ${JULIET} does not take files from you.`], []]);
    await stage.say(JULIET, "block");
    expect(told(JULIET).join()).toContain(ROMEO);
    await stage.say(JULIET, `unblock ${at(ROMEO)}`);
    told(JULIET);
    await chat(ROMEO, at(JULIET), "hi");
    expect(told(JULIET)).toEqual([`${at(ROMEO)}: hi`]);
  });

  const bounce = (from: string, to: string, id: string): Promise<void> =>
    stage.receive(`<message type='error' from='${from}' to='${to}' id='${id}'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`); // prettier-ignore

  test("given back for somebody whom we shall see: they wait here, and nothing shows", async () => {
    await chat(ROMEO, at(JULIET), "hi");
    const sent = stage.stream.take().find((s) => s.attrs["to"] === JULIET)!;
    await stage.offline(JULIET);
    await bounce(JULIET, at(ROMEO), String(sent.attrs["id"]));
    expect([told(ROMEO), told(JULIET)]).toEqual([[], []]);
    await stage.online(JULIET);
    expect(told(JULIET)).toEqual([`${at(ROMEO)}: hi`]);
  });

  test("given back for a stranger: told once, in the same words for whatever reason", async () => {
    await chat(ROMEO, at(NURSE), "hi");
    const sent = stage.stream.take().filter((s) => s.attrs["to"] === NURSE);
    expect(sent.length).toBe(2);
    for (const { attrs } of sent) await bounce(NURSE, at(ROMEO), String(attrs["id"]));
    await bounce(NURSE, at(ROMEO), String(sent[1]!.attrs["id"]));
    expect(told(ROMEO)).toEqual([`${at(NURSE)}: ${NURSE} could not be reached, and did not get your message: “hi”`]);
  });

  test("a stranger is told what this is, once; and may answer", async () => {
    await chat(ROMEO, at(NURSE), "Peter?");
    await chat(ROMEO, at(NURSE), "Where is Peter?");
    const words = told(NURSE);
    expect(words[0]).toContain(`say “block ${ROMEO}” to ${BOT}`);
    expect(words.slice(1)).toEqual([`${at(ROMEO)}: Peter?`, `${at(ROMEO)}: Where is Peter?`]);
    await chat(NURSE, at(ROMEO), "Anon!");
    expect(told(ROMEO)).toEqual([`${at(NURSE)}: Anon!`]);
    expect((await stage.index.contact(NURSE as never))?.standing).toBe("met");
  });

  test("a stranger to whom words were passed on is told of the first file all the same, once; a file first, and words need no more", async () => {
    await chat(ROMEO, at(NURSE), "Peter?");
    told(NURSE);
    const letter = "https://up.example.org/letter.pdf";
    stage.internet.files.set(letter, Buffer.from("Wherefore art thou?"));
    await chat(ROMEO, at(NURSE), letter);
    expect(told(NURSE)).toEqual([expect.stringContaining(`${ROMEO} has a file for you: letter.pdf`)]);
    await chat(ROMEO, at(NURSE), "Did you see it?");
    await stage.say(`${ROMEO}/home`, `send 1 to ${NURSE}`);
    expect(told(NURSE)).toEqual([`${at(ROMEO)}: Did you see it?`]);
    await chat(NURSE, at(ROMEO), "I did.");
    expect((await stage.index.contact(NURSE as never))?.standing).toBe("met");
  });

  test("a stranger is told what this is, once, also when two write at once", async () => {
    const setContact = stage.index.setContact.bind(stage.index);
    stage.index.setContact = async (...args) => {
      for (let i = 0; i < 100; i++) await settled(); // records may be slow
      return setContact(...args);
    };
    void stage.stream.receive(`<message from='${ROMEO}' to='${at(NURSE)}' type='chat' id='1'><body>Peter?</body></message>`); // prettier-ignore
    await chat(JULIET, at(NURSE), "Angelica?");
    expect(told(NURSE).filter((line) => line.includes(`to ${BOT}`))).toHaveLength(1);
  });

  test("a stranger to whom nobody has written reaches nobody", async () => {
    await chat(NURSE, at(ROMEO), "Buy!");
    await chat(NURSE, at(JULIET), "Buy!");
    expect([told(ROMEO), told(JULIET)]).toEqual([[], []]);
    expect(told(NURSE).every((line) => line.includes("I serve the people of example.org only"))).toBe(true);
  });

  test("somebody from elsewhere who has only added the bot introduces himself to nobody, and learns nothing", async () => {
    await stage.befriend(NURSE);
    stage.stream.take();
    for (let i = 0; i < 30; i++) await chat(NURSE, at("ghost@example.org"), "Buy!");
    expect(stage.stream.take()).toEqual([]);
    expect(await stage.index.contact("ghost@example.org" as never)).toBeUndefined();
    await chat(NURSE, at(JULIET), "Buy!");
    const [sent] = stage.stream.take();
    expect(sent!.attrs["to"]).toBe(JULIET);
    await stage.index.setContact(JULIET as never, { followed: false }, stage.clock.now());
    await bounce(JULIET, at(NURSE), String(sent!.attrs["id"]));
    expect(stage.stream.take()).toEqual([]);
  });

  test("somebody from elsewhere who is blocked hears as much as of somebody who does not exist", async () => {
    await stage.befriend(NURSE);
    await stage.say(JULIET, `block ${NURSE}`);
    stage.stream.take();
    for (const who of ["ghost@example.org", JULIET]) {
      await chat(NURSE, at(who), "Buy!");
      expect(stage.stream.take()).toEqual([]);
    }
  });

  test("somebody who has been written to reaches members, and nobody else: no open relay", async () => {
    await chat(ROMEO, at(NURSE), "Peter?");
    told(NURSE);
    await chat(NURSE, at("friar@cell.example"), "Buy!");
    expect(told("friar@cell.example")).toEqual([]);
    expect(told(NURSE)).toEqual([expect.stringContaining("is not an address")]);
  });
});

describe("no loop", () => {
  test("words from one of our own addresses are not heard, whatever comes with them", async () => {
    for (const from of [at(ROMEO), `${at(JULIET)}/restante`, BOT, DOMAIN])
      for (const to of [at(JULIET), BOT, DOMAIN]) {
        await chat(from, to, "hi");
        await stage.receive(`<presence type='subscribe' from='${from}' to='${to}'/>`);
      }
    expect(stage.stream.take().filter((s) => s.name === "message")).toEqual([]);
  });

  test("nobody writes to himself, or by an address of another of our kind", async () => {
    await stage.befriend(ROMEO);
    stage.stream.take();
    await chat(ROMEO, at(ROMEO), "hi");
    await chat(ROMEO, `romeo\\5c40example.org\\40files.other.example@${DOMAIN}`, "hi");
    const words = told(ROMEO);
    expect(words.length).toBe(2);
    expect(words.every((line) => line.includes("is not an address"))).toBe(true);
  });

  test("two programs that answer everything stop with their pace", async () => {
    await stage.stop();
    stage = await new OfficeStage(undefined, { commands: 10 }).start();
    for (const who of [ROMEO, JULIET]) await stage.befriend(who);
    const echo = async (): Promise<number> => {
      const due = stage.stream.take().filter((s) => s.name === "message" && s.getChild("body"));
      for (const s of due) await chat(String(s.attrs["to"]), String(s.attrs["from"]), s.getChildText("body") ?? "");
      return due.length;
    };
    await chat(ROMEO, at(JULIET), "hi");
    let rounds = 0;
    while ((await echo()) > 0) expect(++rounds).toBeLessThan(100);
  });

  test("an error is answered by nobody", async () => {
    await stage.receive(`<message type='error' from='${JULIET}' to='${at(ROMEO)}' id='x'><body>hi</body><error type='cancel'/></message>`); // prettier-ignore
    expect(stage.stream.sent).toEqual([]);
  });
});
