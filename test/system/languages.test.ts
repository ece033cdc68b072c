/**
 * Everybody is spoken to in his own language, over real servers: by the language of his stream, which ejabberd writes onto his stanzas and Prosody
 * does not; by that of his stanzas, everywhere; and by his word before both.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { xml, xmppUser, type XmppUser } from "../harness/clients/xmppjs.js";
import { startEjabberd } from "../harness/ejabberd.js";
import { playServer, type PlayedServer } from "../harness/played-server.js";
import { befriend, openPostOffice, type PostOffice } from "../harness/post-office.js";
import { startProsody } from "../harness/prosody.js";
import { startSlowSource, type SlowSource } from "../harness/slow-source.js";

jest.setTimeout(60_000);

describe.each([
  ["Prosody", startProsody],
  ["ejabberd", startEjabberd],
] as const)("%s", (name, start) => {
  let office: PostOffice<Awaited<ReturnType<typeof start>>>;
  let source: SlowSource;
  let [romeo, juliet, mercutio]: XmppUser[] = [];
  beforeAll(async () => {
    source = await startSlowSource("Karte.png", randomBytes(2048));
    source.hurry();
    office = await openPostOffice(() => start());
    await befriend(office.server, office.bot, "romeo", "juliet", "mercutio");
    // One who says nothing of his language, one whose stream is German, one who will choose Korean.
    [romeo, juliet, mercutio] = await Promise.all([
      xmppUser(office.server, "romeo"),
      xmppUser(office.server, "juliet", { lang: "de" }),
      xmppUser(office.server, "mercutio", { lang: "de" }),
    ]);
  }, 90_000);
  afterAll(async () => {
    for (const user of [romeo, juliet, mercutio]) await user?.stop();
    source?.close();
    await office?.close();
  });

  const saying = (text: string, lang?: string) =>
    xml("message", { to: office.bot, type: "chat", ...(lang && { "xml:lang": lang }) }, xml("body", {}, text));

  test("by the stream where the server passes it on, else by the stanza", async () => {
    await juliet!.send(saying("list", name === "Prosody" ? "de" : undefined));
    const answer = await juliet!.waitMessage(office.bot, /^Sie haben hier 0 Dateien: 0 Byte von/);
    expect(answer.attrs["xml:lang"]).toBe("de");
    await romeo!.send(saying("list"));
    await romeo!.waitMessage(office.bot, /^You keep 0 files: 0 bytes of/);
  });

  test("by word, whatever the stream says", async () => {
    await mercutio!.say(office.bot, "language 한국어");
    await mercutio!.waitMessage(office.bot, /^지금 한국어로 말씀드리고 있습니다/);
    await mercutio!.send(saying("list", "de"));
    await mercutio!.waitMessage(office.bot, /^보관 중인 파일은 0개입니다/);
  });

  test("one file from English to German and Korean: offers, and the receipts for them", async () => {
    const oob = xml("x", { xmlns: "jabber:x:oob" }, xml("url", {}, source.url));
    await romeo!.send(xml("message", { to: office.bot, type: "chat", id: "f" }, xml("body", {}, source.url), oob));
    await romeo!.waitMessage(office.bot, /^I keep Karte\.png \(2\.0 KiB\) as number 1, until \d{4}-\d\d-\d\d\./);
    for (const whom of ["juliet@example.test", "mercutio@example.test"]) {
      await romeo!.say(office.bot, `send 1 to ${whom}`);
      await romeo!.waitMessage(office.bot, new RegExp(`waits for ${whom}`));
    }
    await juliet!.waitMessage(office.bot, /^romeo@example\.test hat eine Datei für Sie: Karte\.png \(2,0 KiB\)\./);
    await mercutio!.waitMessage(
      office.bot,
      /^romeo@example\.test 님이 보낸 파일이 있습니다: Karte\.png \(2\.0 KiB\)\./,
    );
    await juliet!.say(office.bot, "decline Karte.png");
    await juliet!.waitMessage(office.bot, /^Abgelehnt: Karte\.png von romeo@example\.test\./);
    await mercutio!.say(office.bot, "decline Karte.png");
    await mercutio!.waitMessage(office.bot, /^거절했습니다: romeo@example\.test 님이 보낸 Karte\.png\./);
    await romeo!.waitMessage(office.bot, /^juliet@example\.test does not want Karte\.png/);
    await romeo!.waitMessage(office.bot, /^mercutio@example\.test does not want Karte\.png/);
  });

  test("his word is kept: it is Korean again after the program's restart, when he comes", async () => {
    await mercutio!.stop();
    await romeo!.say(office.bot, "send 1 to mercutio@example.test");
    await romeo!.waitMessage(office.bot, /waits for mercutio@example\.test/);
    await office.restante.stop();
    await office.restante.start();
    mercutio = await xmppUser(office.server, "mercutio", { lang: "de" });
    await mercutio.waitMessage(office.bot, /^romeo@example\.test 님이 보낸 파일이 있습니다: Karte\.png/);
  });
});

describe("refusals", () => {
  let played: PlayedServer;
  beforeAll(async () => {
    played = await playServer();
  });
  afterAll(() => played?.close());

  test("over stanzas: in the language of the stanza, or of who sent it", async () => {
    const ask = (lang: string): string =>
      `<iq from='romeo@example.org/orchard' to='bot@files.example.org' type='get' id='v'${lang}><query xmlns='urn:example:nothing'/></iq>`;
    const text = (lang: string, words: string): RegExp =>
      new RegExp(`<text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas" xml:lang="${lang}">${words}</text>`);
    played.write(ask(""));
    await played.until(text("en", "I do not offer that\\."));
    played.write(ask(" xml:lang='de-DE'"));
    await played.until(text("de", "Das biete ich nicht an\\."));
    played.write(ask("")); // as he last spoke
    await played.until(text("de", "Das biete ich nicht an\\."));
    played.write(ask(" xml:lang='ko'"));
    await played.until(text("ko", "그 기능은 제공하지 않습니다\\."));
    // What comes back to us may be ours.
    played.write(`<message from='romeo@example.org' to='bot@files.example.org' type='error' xml:lang='en'><body>x</body><error type='cancel'/></message>`); // prettier-ignore
    played.write(ask(""));
    await played.until(text("ko", "그 기능은 제공하지 않습니다\\."));
  });

  test.each([
    ["de-AT,de;q=0.9,en;q=0.5", "de", "Hier ist nichts."],
    ["ko-KR", "ko", "여기에는 아무것도 없습니다."],
    ["fr", "en", "There is nothing here."],
    [undefined, "en", "There is nothing here."],
  ])("over HTTP: Accept-Language %p is answered in %p", async (wanted, language, words) => {
    const url = `${played.restante.webUrl}/g/nothing`;
    const plain = await fetch(url, { headers: { accept: "text/plain", ...(wanted && { "accept-language": wanted }) } });
    expect([plain.status, plain.headers.get("content-language"), await plain.text()]).toEqual([404, language, `${words}\n`]); // prettier-ignore
    expect(plain.headers.get("vary")?.toLowerCase().split(/,\s*/)).toEqual(
      expect.arrayContaining(["accept", "accept-language"]),
    );
    const page = await fetch(url, { headers: { accept: "text/html", ...(wanted && { "accept-language": wanted }) } });
    const html = await page.text();
    expect([html.includes(`<html lang="${language}">`), html.includes(words)]).toEqual([true, true]);
  });
});
