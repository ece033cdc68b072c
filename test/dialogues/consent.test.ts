/** Whom people want nothing from, whom nobody may write to, how often strangers are written to, and what is complained about. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parse } from "ltx";
import type { Element } from "../../component/messenger/stanza.js";
import { BOT, OfficeStage } from "../harness/office-stage.js";

const DOMAIN = "files.example.org";
const ROMEO = "romeo@example.org";
const JULIET = "juliet@example.org";
const ADMIN = "admin@example.org";
const STRANGER = "nurse@verona.example";
const URL_ = "https://up.example.org/notes.txt";
const at = (person: string): string => `${person.replace("@", "\\40")}@${DOMAIN}`;

let stage: OfficeStage;
async function open(...options: ConstructorParameters<typeof OfficeStage>): Promise<void> {
  stage = await new OfficeStage(...options).start();
  stage.internet.files.set(URL_, Buffer.from("Wherefore art thou?"));
  await stage.befriend(ROMEO);
  await stage.sendLink(ROMEO, URL_);
  stage.stream.take();
}
beforeEach(() => open());
afterEach(() => stage.stop());

const iq = async (from: string, type: string, payload: string, to = BOT): Promise<Element> => {
  const answer = await stage.stream.receive(
    parse(`<iq type='${type}' id='q' from='${from}' to='${to}'>${payload}</iq>`),
  );
  await stage.settle();
  return answer as Element;
};
const condition = (answer: Element): string | undefined => answer.getChild("error")?.getChildElements()[0]?.name;
const block = (...items: string[]): string => `<block xmlns='urn:xmpp:blocking'>${items.map((jid) => `<item jid='${jid}'/>`).join("")}</block>`; // prettier-ignore

describe("blocking by the client's own command (XEP-0191)", () => {
  beforeEach(async () => {
    await stage.befriend(JULIET);
    stage.stream.take();
  });

  test("blocks, and says no to what waits; the list; and back", async () => {
    await stage.online(ROMEO);
    await stage.say(ROMEO, `send 1 to ${JULIET}`);
    stage.stream.take();
    expect((await iq(`${JULIET}/b`, "set", block(at(ROMEO), "Spam.Example"))).attrs["type"]).toBe("result");
    expect(stage.heard(ROMEO).join()).toContain("juliet@example.org does not want notes.txt");
    const list = (await iq(JULIET, "get", "<blocklist xmlns='urn:xmpp:blocking'/>")).getChild("blocklist")!;
    expect(
      list
        .getChildren("item")
        .map(({ attrs }) => String(attrs["jid"]))
        .sort(),
    ).toEqual([ROMEO, "spam.example"]);
    await stage.say(ROMEO, `send 1 to ${JULIET}`);
    expect(stage.heard(ROMEO).join()).toContain(`${JULIET} does not take files from you`);
    await iq(JULIET, "set", `<unblock xmlns='urn:xmpp:blocking'><item jid='${ROMEO}/any'/></unblock>`);
    expect(await stage.index.blocks(JULIET as never)).toEqual(["spam.example"]);
    await iq(JULIET, "set", "<unblock xmlns='urn:xmpp:blocking'/>");
    expect(await stage.index.blocks(JULIET as never)).toEqual([]);
  });

  test("what comes to its end meanwhile keeps nothing from being blocked", async () => {
    stage.internet.files.set("https://up.example.org/more.txt", Buffer.from("more"));
    await stage.sendLink(ROMEO, "https://up.example.org/more.txt");
    for (const which of [1, 2]) await stage.say(ROMEO, `send ${which} to ${JULIET}`);
    const openFor = stage.index.openFor.bind(stage.index);
    stage.index.openFor = async (...args) => {
      const page = await openFor(...args);
      await stage.delivery.apply(page[0]!.id, "withdraw");
      return page;
    };
    const spam = `<item jid='${ROMEO}'><report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'/></item>`;
    expect((await iq(JULIET, "set", `<block xmlns='urn:xmpp:blocking'>${spam}</block>`)).attrs["type"]).toBe("result");
    expect((await stage.index.sentBy(ROMEO as never, undefined, 9)).map(({ state }) => state).sort()).toEqual([
      "declined",
      "withdrawn",
    ]);
    expect(await stage.index.reports(9)).toHaveLength(1);
  });

  test("more than anybody needs is refused, and says so", async () => {
    const all = Array.from({ length: 1000 }, (_, n) =>
      stage.index.block(JULIET as never, `spam${n}@spam.example`, true),
    );
    await Promise.all(all);
    expect(condition(await iq(JULIET, "set", block(ROMEO)))).toBe("bad-request");
    expect((await iq(JULIET, "set", block("spam7@spam.example"))).attrs["type"]).toBe("result");
    await stage.say(JULIET, `block ${ROMEO}`);
    expect(stage.heard(JULIET).join()).toContain(
      "You block 1000 addresses already. It goes like this: unblock ADDRESS",
    );
    expect(await stage.index.isBlocked(JULIET as never, ROMEO as never)).toBe(false);
  });

  test("what is malformed, elsewhere, or from nobody we know", async () => {
    expect(condition(await iq(JULIET, "set", block()))).toBe("bad-request");
    expect(condition(await iq(JULIET, "set", block("a b")))).toBe("bad-request");
    expect(condition(await iq(JULIET, "set", block(ROMEO), at(ROMEO)))).toBe("service-unavailable");
    expect(condition(await iq(STRANGER, "set", block(ROMEO)))).toBe("not-authorized");
    expect(condition(await iq(STRANGER, "get", "<blocklist xmlns='urn:xmpp:blocking'/>"))).toBe("not-authorized");
    expect(await stage.index.blocks(STRANGER as never)).toEqual([]);
  });
});

describe("complaints (XEP-0377)", () => {
  beforeEach(async () => {
    await stage.befriend(JULIET);
    stage.stream.take();
  });
  const report =
    "<report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'><text>Buy!\u202e</text></report>";
  const noted = async (): Promise<string[]> =>
    (await stage.index.reports(50)).map(({ by, about, reason, text }) => [by, about, reason.split(":").at(-1), text].join(" ")); // prettier-ignore

  test("in a block: blocked, on record, and the admin told", async () => {
    const item = `<block xmlns='urn:xmpp:blocking'><item jid='${at(ROMEO)}'>${report}</item></block>`;
    expect((await iq(JULIET, "set", item)).attrs["type"]).toBe("result");
    expect(await noted()).toEqual([`${JULIET} ${ROMEO} spam Buy!`]);
    expect(await stage.index.blocks(JULIET as never)).toEqual([ROMEO]);
    expect(stage.heard(ADMIN)).toEqual([`${JULIET} reports ${ROMEO} for spam. Buy!`]);
    expect(stage.heard(ROMEO)).toEqual([]);
  });

  test("in a message to his address here, or naming him in a block", async () => {
    await stage.receive(`<message from='${JULIET}/b' to='${at(ROMEO)}' type='chat'>${report}</message>`);
    await stage.receive(`<message from='${JULIET}/b' to='${BOT}'><block xmlns='urn:xmpp:blocking'><item jid='x@else.example'>${report.replaceAll("spam", "abuse")}</item></block></message>`); // prettier-ignore
    expect((await noted()).sort()).toEqual([`${JULIET} ${ROMEO} spam Buy!`, `${JULIET} x@else.example abuse Buy!`]);
    expect(stage.heard(JULIET)).toEqual([
      `You take nothing more from ${ROMEO}. Those who run this place have been told.`,
      "You take nothing more from x@else.example. Those who run this place have been told.",
    ]);
  });

  test("by word", async () => {
    await stage.say(JULIET, `report ${at(ROMEO)} he sends spam, all night`);
    await stage.say(JULIET, "report x@else.example");
    expect((await noted()).sort()).toEqual([`${JULIET} ${ROMEO} spam he sends spam, all night`, `${JULIET} x@else.example abuse `]); // prettier-ignore
    expect(stage.heard(ADMIN).length).toBe(2);
  });

  test("from nobody we know: nothing; from our own address, or in an error: nothing", async () => {
    for (const from of [STRANGER, at(ROMEO), "example.org"])
      await stage.receive(`<message from='${from}' to='${at(JULIET)}' type='chat'>${report}</message>`);
    await stage.receive(`<message from='${JULIET}' to='${at(ROMEO)}' type='error'>${report}</message>`);
    expect([await noted(), stage.heard(ADMIN)]).toEqual([[], []]);
  });

  test("only so many in a day", async () => {
    for (let i = 0; i < 30; i++) await stage.say(JULIET, `report x${i}@else.example`);
    expect((await noted()).length).toBe(20);
    expect(stage.heard(ADMIN).length).toBe(20);
    expect(stage.heard(JULIET).at(-1)).toContain("try again in 1 day");
  });
});

describe("strangers", () => {
  beforeEach(async () => {
    await stage.stop();
    await open(undefined, { invitations: 2, invited: 3 });
  });

  test("one member writes to so many in a day; no parcel comes of more; who knows us does not count", async () => {
    await stage.befriend(JULIET);
    await stage.say(ROMEO, `send 1 to a@else.example, b@else.example, c@else.example, ${JULIET}`);
    const words = stage.heard(ROMEO).join("\n");
    expect(words).toContain("try c@else.example again tomorrow");
    const recipients = (await stage.index.sentBy(ROMEO as never, undefined, 10)).map((p) => p.recipient);
    expect(recipients.sort()).toEqual(["a@else.example", "b@else.example", JULIET]);
    expect(stage.heard("c@else.example")).toEqual([]);
    await stage.clock.turn(864e5);
    await stage.say(ROMEO, "send 1 to c@else.example");
    expect(stage.heard("c@else.example").length).toBe(1);
  });

  test("words count each time until they are answered", async () => {
    const write = (text: string): Promise<void> => stage.receive(`<message from='${ROMEO}' to='${at(STRANGER)}' type='chat'><body>${text}</body></message>`); // prettier-ignore
    for (const text of ["1", "2", "3"]) await write(text);
    expect(stage.heard(STRANGER).slice(1)).toEqual(["1", "2"]);
    expect(stage.heard(ROMEO).at(-1)).toContain(`try ${STRANGER} again tomorrow`);
    await stage.receive(`<message from='${STRANGER}' to='${at(ROMEO)}' type='chat'><body>yes?</body></message>`);
    for (const text of ["3", "4", "5"]) await write(text);
    expect(stage.heard(STRANGER)).toEqual(["3", "4", "5"]);
  });
});

describe("domains", () => {
  test("refused ones are neither heard nor sent to", async () => {
    const evil = "x@refused.example";
    await stage.index.setContact(evil as never, { standing: "met" }, 0);
    await stage.say(evil, "help");
    await stage.sendLink(evil, URL_);
    expect(stage.stream.sent).toEqual([]);
    await stage.say(ROMEO, `send 1 to ${evil}`);
    expect(stage.heard(ROMEO)).toEqual(["I do not send to people of refused.example."]);
  });

  test("where only some may be sent to, others are not", async () => {
    await stage.stop();
    await open(undefined, {}, { access: { recipients: ["verona.example"] } });
    await stage.say(ROMEO, `send 1 to x@else.example, ${STRANGER}, ${JULIET}`);
    expect(stage.heard(ROMEO).join("\n")).toContain("I do not send to people of else.example.");
    const recipients = (await stage.index.sentBy(ROMEO as never, undefined, 10)).map((p) => p.recipient);
    expect(recipients.sort()).toEqual([JULIET, STRANGER]);
  });
});
