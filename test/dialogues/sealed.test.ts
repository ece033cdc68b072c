/** Sealed files (aesgcm: links, XEP-0454), stanza by stanza, with the whole component in memory. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { join } from "node:path";
import { bare } from "../../component/lib/jid.js";
import type { BlobReader, Scanner } from "../../component/control/ports.js";
import { tempFolder } from "../harness/tmp.js";
import { BOT, OfficeStage } from "../harness/office-stage.js";

const ROMEO = "romeo@example.org";
const JULIET = "juliet@example.org";
const KEY = "8c3d050e9386ec173861778f68e9af38a97aaf82faa4063b4d0878a61261534410c8a84331eaac851759f587";
const AT = "upload.example.org/x/tr%C3%A8s%20cool.jpg";
const LINK = `aesgcm://${AT}#${KEY}`;
/** Ciphertext, which happens to look like a picture. */
const BYTES = Buffer.concat([
  Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
  Buffer.from("not for the eyes of the post office"),
]);

let stage: OfficeStage;
afterEach(() => stage.stop());

async function begin(...args: ConstructorParameters<typeof OfficeStage>): Promise<void> {
  stage = await new OfficeStage(...args).start();
  for (const jid of [ROMEO, JULIET]) await stage.befriend(jid);
  await stage.online(ROMEO);
  stage.internet.files.set(`https://${AT}`, BYTES);
}

const seal = (body = LINK): Promise<void> =>
  stage.receive(`<message from='${ROMEO}/home' to='${BOT}' type='chat' id='${Math.random()}'><body>${body}</body></message>`); // prettier-ignore

const one = async () => (await stage.index.files(bare(ROMEO), undefined, 1))[0]!;
const urlIn = (lines: readonly string[]): string => lines.find((l) => l.startsWith("aesgcm:"))!;

/** The message whose body is a link and nothing else, as it went out. */
function linkTo(jid: string) {
  const message = stage.stream.sent.find((s) => s.name === "message" && s.attrs["to"] === jid && (s.getChildText("body") ?? "").startsWith("aesgcm:")); // prettier-ignore
  return message!;
}

const confirm = (id: string): Promise<void> =>
  stage.receive(`<message from='${JULIET}/home' to='${BOT}'><received xmlns='urn:xmpp:receipts' id='${id}'/></message>`); // prettier-ignore

describe("coming in", () => {
  test("fetched without its key, kept as it is, and its sender is told that it cannot be read", async () => {
    await begin();
    await seal();
    expect(stage.heard(ROMEO)).toEqual([
      expect.stringMatching(
        /^I keep très cool\.jpg \(39 bytes\) as number 1, until .*\nIt is sealed: I cannot read it, and pass it on as it came, with its key\.$/s,
      ),
    ]);
    expect(await one()).toMatchObject({ mark: "sealed", sealed: LINK, mediaType: "application/octet-stream", name: "très cool.jpg" }); // prettier-ignore
    await stage.say(`${ROMEO}/home`, "list");
    expect(stage.heard(ROMEO).join()).toMatch(/très cool\.jpg .* sealed/);
  });

  test("with a thumbnail behind it, which is not passed on", async () => {
    await begin();
    await seal(`${LINK}\ndata:image/jpeg,/9j/4AAQSkZJRgABAQEBLAEsAAD`);
    expect((await one()).sealed).toBe(LINK);
  });

  test.each([
    ["a key that is too short", `aesgcm://${AT}#c0ffee`],
    ["no key", `aesgcm://${AT}`],
    ["words behind it", `${LINK} look`],
  ])("%s: refused with words, in which the key is not", async (_, body) => {
    await begin();
    await seal(body);
    expect(stage.heard(ROMEO)).toEqual([
      "That link is not one that I can fetch: its key is not one: 88 or 96 hexadecimal digits must follow the #.",
    ]);
    expect(stage.internet.fetches).toBe(0);
  });

  test("what leads to where nobody may fetch is refused like any other", async () => {
    await begin();
    await seal(`aesgcm://127.0.0.1/a#${KEY}`);
    expect(stage.heard(ROMEO)).toEqual(["I may not fetch from that address."]);
  });

  test("gone where it should be: told without its key", async () => {
    await begin();
    stage.internet.files.clear();
    await seal();
    const said = stage.heard(ROMEO).join();
    expect(said).toMatch(/was not kept/);
    expect(said).not.toContain(KEY);
  });

  test("a virus check does not look into it; where it is to be refused, it is", async () => {
    const scanner: Scanner = {
      scan: (_: BlobReader) => Promise.reject(new Error("must not be asked")),
      check: async () => undefined,
    };
    await begin(undefined, {}, { scanner });
    await seal();
    expect((await one()).mark).toBe("sealed");
    await stage.stop();
    await begin(undefined, {}, { scanner, sealed: "refuse" });
    await seal();
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/très cool\.jpg is sealed, so that no virus check/)]);
    expect(stage.internet.fetches).toBe(0);
  });

  test("our own copy comes back: nothing is fetched, and it keeps its key", async () => {
    await begin();
    await seal();
    await stage.say(`${ROMEO}/home`, "get 1");
    const copy = urlIn(stage.heard(ROMEO));
    const { fetches } = stage.internet;
    await stage.online(JULIET);
    await stage.receive(`<message from='${JULIET}/home' to='${BOT}' type='chat' id='c'><body>${copy}</body></message>`);
    expect(stage.heard(JULIET).join()).toMatch(/I keep très cool\.jpg.*It is sealed/s);
    expect((await stage.index.files(bare(JULIET), undefined, 1))[0]).toMatchObject({ mark: "sealed", sealed: copy });
    expect(stage.internet.fetches).toBe(fetches);
  });

  test("what waits for the virus check does not get round it by being called sealed", async () => {
    await begin();
    stage.internet.files.set("https://upload.example.org/x/plain.txt", Buffer.from("plain"));
    await stage.sendLink(`${ROMEO}/home`, "https://upload.example.org/x/plain.txt");
    await stage.say(`${ROMEO}/home`, "link 1");
    const link = /https:\S+/.exec(stage.heard(ROMEO).at(-1)!)![0];
    await stage.index.setFile((await one()).id, { mark: "held" });
    await seal(`aesgcm${link.slice("https".length)}#${KEY}`);
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/^The virus check does not answer just now/)]);
  });

  test("what a process was fetching when it died is fetched by the next, and has its key", async () => {
    const folder = await tempFolder();
    const url = `sqlite:${join(folder.path, "r.db")}`;
    await begin(url);
    stage.internet.gate = new Promise(() => undefined);
    await seal();
    await stage.index.stop(); // nothing more reaches the records, as after kill -9
    stage = await new OfficeStage(url).start();
    stage.internet.files.set(`https://${AT}`, BYTES);
    await stage.housekeeping.recover();
    await stage.settle();
    expect(await one()).toMatchObject({ mark: "sealed", sealed: LINK });
    await folder.remove();
  });
});

describe("going out", () => {
  test("the link as it came and nothing else, after a line; delivered when her client confirms it", async () => {
    await begin();
    await seal();
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    stage.heard(ROMEO);
    await stage.online(JULIET);
    const message = linkTo(JULIET);
    expect(message.getChildElements().map((child) => child.getName())).toEqual(["body", "store", "request"]);
    const [line, link] = stage.heard(JULIET);
    expect(line).toMatch(/^romeo@example\.org has a file for you: très cool\.jpg.*\nIt is sealed, so that only you/s);
    expect(link).toBe(LINK);
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/has been offered to juliet/)]);
    await confirm(String(message.attrs["id"]));
    expect(stage.heard(ROMEO)).toEqual(["juliet@example.org has très cool.jpg (number 1)."]);
    await stage.offline(JULIET);
    await stage.online(JULIET);
    expect(stage.heard(JULIET)).toEqual([]);
  });

  test("a client that gives no receipts: it stays offered, and “accept” hands out our own copy under the same key", async () => {
    await begin();
    await seal();
    await stage.online(JULIET);
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    stage.heard(JULIET);
    stage.heard(ROMEO);
    stage.internet.files.clear(); // it has expired there
    await stage.say(`${JULIET}/home`, "accept 1");
    const copy = urlIn(stage.heard(JULIET));
    expect(copy).toMatch(/^aesgcm:\/\/files\.example\.org\/g\/[^/#]+\/tr%C3%A8s%20cool\.jpg#/);
    expect(copy.split("#")[1]).toBe(KEY);
    expect(stage.heard(ROMEO)).toEqual([]); // it has been offered before
    expect(await stage.fetch(copy)).toEqual(BYTES);
    expect(stage.heard(ROMEO)).toEqual(["juliet@example.org has très cool.jpg (number 1)."]);
  });

  test("that the message with our own copy has come is not yet a delivery", async () => {
    await begin();
    await seal();
    await stage.online(JULIET);
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    stage.heard(JULIET);
    stage.heard(ROMEO);
    await stage.say(`${JULIET}/home`, "accept 1");
    await confirm(String(linkTo(JULIET).attrs["id"]));
    expect(stage.heard(ROMEO)).toEqual([]);
  });

  test("sent to the address that stands in for her: a parcel at once", async () => {
    await begin();
    await stage.online(JULIET);
    await stage.receive(
      `<message from='${ROMEO}/home' to='juliet\\40example.org@files.example.org' type='chat' id='s'><body>${LINK}</body></message>`,
    );
    expect(urlIn(stage.heard(JULIET))).toBe(LINK);
    expect(stage.heard(ROMEO).join("\n")).toMatch(/I keep très cool\.jpg.*has been offered to juliet/s);
  });

  test("its owner gets it back from here, and may hand out a link", async () => {
    await begin();
    await seal();
    stage.heard(ROMEO);
    for (const words of ["get 1", "link 1"]) {
      await stage.say(`${ROMEO}/home`, words);
      const copy = /aesgcm:\S+/.exec(stage.heard(ROMEO).join("\n"))![0];
      expect(copy).toMatch(new RegExp(`^aesgcm://files\\.example\\.org/g/.*#${KEY}$`));
      expect(await stage.fetch(copy)).toEqual(BYTES);
    }
  });

  test("byte streams are not tried: they do not carry the key", async () => {
    let offers = 0;
    const stream = { name: "jingle", keeps: false, suits: () => true, offer: () => () => void offers++ };
    await begin(undefined, {}, { streams: [stream] });
    await seal();
    await stage.online(JULIET);
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    await stage.settle();
    expect(urlIn(stage.heard(JULIET))).toBe(LINK);
    expect(offers).toBe(0);
  });

  test("declined; deleted, with its key", async () => {
    await begin();
    await seal();
    await stage.online(JULIET);
    await stage.say(`${ROMEO}/home`, "send 1 to juliet@example.org");
    stage.heard(ROMEO);
    await stage.say(`${JULIET}/home`, "decline 1");
    expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/does not want très cool\.jpg/)]);
    await stage.say(`${ROMEO}/home`, "del 1");
    expect(await stage.index.files(bare(ROMEO), undefined, 9)).toEqual([]);
  });
});
