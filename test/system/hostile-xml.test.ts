/** Stanzas that no real server would let through, against the program itself behind a server that the test plays. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { BOT, chat, playServer, type PlayedServer } from "../harness/played-server.js";

const ROMEO = "romeo@example.org/orchard";
const FORWARDED = `<forwarded xmlns='urn:xmpp:forward:0'>${chat("juliet@example.org/x", "help").replace("<message", "<message xmlns='jabber:client'")}</forwarded>`;

let server: PlayedServer;
beforeAll(async () => {
  server = await playServer();
}, 30_000);
afterEach(() => server.serves());
afterAll(() => server?.close());

const message = (inner: string, attributes = `from='${ROMEO}' to='${BOT}' type='chat'`): string => `<message ${attributes}>${inner}</message>`; // prettier-ignore
const HELP = "<body>help</body>";

describe("is answered by nothing", () => {
  test.each([
    ["an error", message(HELP, `from='${ROMEO}' to='${BOT}' type='error' id='x'`)],
    ["an error about an error", message(`${HELP}<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`, `from='${ROMEO}' to='${BOT}' type='error'`)],
    ["a room's talk", message(HELP, `from='${ROMEO}' to='${BOT}' type='groupchat'`)],
    ["a headline", message(HELP, `from='${ROMEO}' to='${BOT}' type='headline'`)],
    ["a carbon copy", message(`<received xmlns='urn:xmpp:carbons:2'>${FORWARDED}</received>`)],
    ["a carbon copy with words beside it", message(`${HELP}<sent xmlns='urn:xmpp:carbons:2'>${FORWARDED}</sent>`)],
    ["a forward", message(`${HELP}${FORWARDED}`)],
    ["an archive's answer", message(`${HELP}<result xmlns='urn:xmpp:mam:2' id='1'>${FORWARDED}</result>`)],
    ["a node's event", message(`${HELP}<event xmlns='http://jabber.org/protocol/pubsub#event'/>`)],
    ["an invitation to a room", message(`${HELP}<x xmlns='http://jabber.org/protocol/muc#user'><invite/></x>`)],
    ["a privilege that nobody may grant", message(`<privilege xmlns='urn:xmpp:privilege:2'><perm access='presence' type='roster'/></privilege>`)],
    ["words in another's namespace", message("<body xmlns='http://www.w3.org/1999/xhtml'>help</body>")],
    ["words of ourselves", chat(BOT, "help")],
    ["words of our own client", chat(`${BOT}/restante`, "help")],
    ["words of somebody at our own domain", chat("juliet\\40example.org@files.example.org", "help")],
    ["words of a server", chat("example.org", "help")],
    ["words of nobody", message(HELP, `to='${BOT}' type='chat'`)],
    ["words of no address", message(HELP, `from='a@b@c' to='${BOT}' type='chat'`)],
    ["words of an address beyond measure", message(HELP, `from='romeo@example.org/${"r".repeat(1024)}' to='${BOT}' type='chat'`)],
    ["words to somebody elsewhere", message(HELP, `from='${ROMEO}' to='juliet@example.org' type='chat'`)],
    ["words to nobody", message(HELP, `from='${ROMEO}' type='chat'`)],
    ["a result that nobody asked for", `<iq from='${ROMEO}' to='${BOT}' type='result' id='1'/>`],
    ["an error that nobody asked for", `<iq from='${ROMEO}' to='${BOT}' type='error' id='1'><query xmlns='x'/></iq>`],
    ["an error of presence", `<presence from='${ROMEO}' to='${BOT}' type='error'/>`],
    ["a presence of no known type", `<presence from='${ROMEO}' to='${BOT}' type='invisible'/>`],
    ["a giant that is an error", message(`<body>${"x".repeat(2 ** 20)}</body>`, `from='${ROMEO}' to='${BOT}' type='error' id='x'`)],
    ["a giant that is presence", `<presence from='${ROMEO}' to='${BOT}'><status>${"x".repeat(2 ** 20)}</status></presence>`],
  ])("%s", async (_, xml) => {
    expect(await server.out(xml)).toEqual([]);
  }); // prettier-ignore
});

describe("is answered once, and shortly", () => {
  const nested = (depth: number): string => "<a>".repeat(depth) + "</a>".repeat(depth);
  test.each([
    ["a giant", message(`<body>${"x".repeat(2 ** 20)}</body>`), /type="error".*<policy-violation/],
    ["a tower", message(`${HELP}${nested(100)}`), /type="error".*<policy-violation/],
    ["a tower of a hundred thousand floors", message(`${HELP}${nested(100_000)}`), /type="error".*<policy-violation/],
    ["a crowd", message(`${HELP}${"<a/>".repeat(20_000)}`), /type="error".*<policy-violation/],
    ["a hundred attributes", message(`${HELP}<a ${Array.from({ length: 100 }, (_, i) => `a${i}=''`).join(" ")}/>`), /type="error".*<policy-violation/],
    ["an iq with two minds", `<iq from='${ROMEO}' to='${BOT}' type='get' id='1'><ping xmlns='urn:xmpp:ping'/><ping xmlns='urn:xmpp:ping'/></iq>`, /<bad-request/],
    ["an iq without any", `<iq from='${ROMEO}' to='${BOT}' type='get' id='1'/>`, /<bad-request/],
    ["an iq of no known type", `<iq from='${ROMEO}' to='${BOT}' type='wish' id='1'><ping xmlns='urn:xmpp:ping'/></iq>`, /<bad-request/],
    ["a roster push", `<iq from='${ROMEO}' to='${BOT}' type='set' id='1'><query xmlns='jabber:iq:roster'><item jid='x@y' subscription='both'/></query></iq>`, /<service-unavailable/],
    ["a roster push to the domain", `<iq from='${ROMEO}' to='files.example.org' type='set' id='1'><query xmlns='jabber:iq:roster'><item jid='x@y' subscription='both'/></query></iq>`, /<service-unavailable/],
    ["sixteen thousand letters", message(`<body>${"x".repeat(16_000)}</body>`), /I do not know “x+…x+”/],
    ["sixteen thousand quotes", message(`<body>get ${"“ ' &quot;".repeat(2_000)}</body>`), /You have/],
    ["a name of sixteen thousand letters", message(`<body>get ${"x".repeat(16_000)}</body>`), /You have no file “x+…x+”/],
    ["thousands of recipients", message(`<body>send 1 to ${Array.from({ length: 1500 }, (_, i) => `a${i}@x.org`).join(",")}</body>`), /You have no file number 1/],
    ["a number beyond all numbers", message(`<body>get ${"9".repeat(400)}</body>`), /You have no file/],
    ["sixteen links that lead nowhere", message(`<body>x</body>${Array.from({ length: 16 }, (_, i) => `<x xmlns='jabber:x:oob'><url>ftp://x/${i}</url></x>`).join("")}`), /neither http: nor https:/],
  ])("%s", async (_, xml, answer) => {
    const out = await server.out(xml);
    expect(out).toHaveLength(1);
    expect(out[0]).toMatch(answer);
    expect(out[0]!.length).toBeLessThan(1000);
  }); // prettier-ignore

  test("an address as long as one may be", async () => {
    const from = `romeo@example.org/${"r".repeat(1023)}`;
    expect(await server.out(chat(from, "help"), from)).toEqual([expect.stringContaining(`to="${from}"`)]);
  });
});

describe("goes round no more than once", () => {
  test.each([
    ["who is asked to be seen by himself", `<presence from='${BOT}' to='${BOT}' type='subscribe'/>`],
    ["whose client is", `<presence from='${BOT}/restante' to='${BOT}' type='subscribe'/>`],
    ["whose domain is", `<presence from='files.example.org' to='files.example.org' type='subscribe'/>`],
    ["nobody who asks to be seen", `<presence from='nobody@files.example.org' to='${BOT}' type='subscribe'/>`],
    ["who probes himself", `<presence from='${BOT}' to='${BOT}' type='probe'/>`],
    ["who pings himself", `<iq from='${BOT}' to='${BOT}' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>`],
    ["who is written to by himself", chat(BOT, "list")],
    ["who is sent what came back", message("<body>x</body><error type='cancel'/>", `from='${BOT}' to='${BOT}' type='error' id='1'`)],
  ])("%s", async (_, first) => {
    let turns = 0;
    // As a server does: what goes to our own domain comes back.
    for (let next = [first]; next.length > 0; turns++) {
      expect(turns).toBeLessThan(6);
      next = (await server.out(next.join(""))).filter((s) => /to="([^"@]+@)?files\.example\.org/.test(s));
      expect(next.length).toBeLessThan(5);
    }
  }); // prettier-ignore
});

describe("ends the stream, and it comes again", () => {
  test.each([
    ["a document type with a billion laughs", `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>${chat(ROMEO, "&b;")}`, /not-well-formed|restricted-xml/],
    ["an entity", chat(ROMEO, "&xxe;"), /not-well-formed/],
    ["no UTF-8", Buffer.from([0x3c, 0x6d, 0x3e, 0xc0, 0xaf, 0x3c]), /bad-format/],
  ])("%s", async (_, xml, condition) => {
    server.write(xml);
    await server.until(new RegExp(`<stream:error><(${condition.source}) .*</stream:stream>`));
    await server.again();
  }); // prettier-ignore
});

test("strangers cannot learn who is there by asking us, nor by being answered for", async () => {
  // Juliet is there, and sees us and is seen; of Benvolio nobody has heard.
  server.write(
    `<presence from='juliet@example.org' to='${BOT}' type='subscribe'/><presence from='juliet@example.org/x' to='${BOT}'/>`,
  );
  await server.serves();
  const mallory = "mallory@far.example/x";
  /** Without the person's own address, which whoever asks has named himself. */
  async function told(person: string): Promise<string> {
    const jid = `${person.replace("@", "\\40")}@files.example.org`;
    const questions = [
      ...["subscribe", "unsubscribe", "probe", "unavailable", "subscribed", "unsubscribed"].map((type) => `<presence from='${mallory}' to='${jid}' type='${type}'/>`),
      `<presence from='${mallory}' to='${jid}'/>`,
      `<iq from='${mallory}' to='${jid}/x' type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`,
      message(`${HELP}<request xmlns='urn:xmpp:receipts'/>`, `from='${mallory}' to='${jid}' type='chat' id='2'`),
    ]; // prettier-ignore
    server.write(`${questions.join("")}<iq from='${mallory}' to='files.example.org' type='get' id='end'><ping xmlns='urn:xmpp:ping'/></iq>`); // prettier-ignore
    const out = [...(await server.until(/id="end"/)), ...(await server.until(/<received [^>]*id="2"\/><\/message>/))];
    return out.map((s) => s.replaceAll(jid, "JID").replaceAll(person, "PERSON").replace(/ id="[\w-]{22}"/g, "")).sort().join("\n"); // prettier-ignore
  }
  const juliet = await told("juliet@example.org");
  expect(juliet).toMatch(/I serve the people of example\.org only/);
  expect(juliet).toContain("goes to PERSON.");
  expect(await told("benvolio@example.org")).toBe(juliet);
});

test("nothing of it stays", async () => {
  const { rss, descriptors } = await server.growth();
  expect(descriptors).toBeLessThan(5);
  expect(rss / 2 ** 20).toBeLessThan(150);
});
