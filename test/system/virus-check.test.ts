/** The virus check as its operator has it: the real program, a real server, and Debian's own clamd, which goes away and comes back. */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openAudit } from "../harness/audit.js";
import { PLAGUE, PLAGUE_NAME, startClamd, type Clamd } from "../harness/clamd.js";
import { sendByJingle, speaksJingle } from "../harness/clients/jingle-peer.js";
import { purple } from "../harness/clients/purple.js";
import { slixmpp } from "../harness/clients/slixmpp.js";
import { xml, xmppUser, type XmppUser } from "../harness/clients/xmppjs.js";
import { befriend, fetched, openPostOffice, sha256, type PostOffice } from "../harness/post-office.js";
import { exec } from "../harness/process.js";
import { startProsody } from "../harness/prosody.js";
import { startSlowSource } from "../harness/slow-source.js";

jest.setTimeout(120_000);

const SICK = Buffer.concat([randomBytes(300_000), Buffer.from(PLAGUE), randomBytes(200_000)]);
const WELL = randomBytes(500_000);
const LIMIT = 150_000_000;

let clamd: Clamd;
let office: PostOffice;
let romeo: XmppUser;
let juliet: XmppUser;

async function begin(check: Record<string, string> = {}): Promise<void> {
  clamd = await startClamd({ streamMaxLength: LIMIT });
  const extra = `Component "slots.example.net"\n\tcomponent_secret = "secret"\n`;
  office = await openPostOffice(() => startProsody({ uploadLimit: 300_000_000, extra }), {
    config: { check: { clamd: clamd.address, ...check }, upload: { domain: "slots.example.net" } },
  });
  await befriend(office.server, office.bot, "romeo", "juliet");
  romeo = await xmppUser(office.server, "romeo");
  juliet = await xmppUser(office.server, "juliet");
}

async function end(): Promise<void> {
  await romeo?.stop();
  await juliet?.stop();
  await office?.close();
  await clamd?.remove();
}

/** Romeo sends bytes by a link; until the bot has answered. */
async function sendLink(name: string, bytes: Uint8Array, answer: RegExp): Promise<string> {
  const source = await startSlowSource(name, bytes);
  source.hurry();
  try {
    await romeo.send(xml("message", { to: office.bot, type: "chat", id: name }, xml("body", {}, source.url), xml("x", { xmlns: "jabber:x:oob" }, xml("url", {}, source.url)))); // prettier-ignore
    return (await romeo.waitMessage(office.bot, answer, 60_000)).getChildText("body")!;
  } finally {
    source.close();
  }
}

const ask = async (who: XmppUser, words: string, answer: RegExp): Promise<string> => {
  await who.say(office.bot, words);
  return (await who.waitMessage(office.bot, answer)).getChildText("body")!;
};
const hear = async (who: XmppUser, words: RegExp): Promise<string> =>
  (await who.waitMessage(office.bot, words, 40_000)).getChildText("body")!;
const numberIn = (kept: string): number => Number(/as number (\d+)/.exec(kept)![1]);

/** What lies in the store, and what the records know of it. */
async function audited() {
  const audit = await openAudit(office.restante.configFile);
  try {
    const { stored } = await audit.keys();
    return { stored, files: await audit.files(romeo.bare) };
  } finally {
    await audit.close();
  }
}

describe("clamd is there", () => {
  beforeAll(() => begin(), 60_000);
  afterAll(end);

  test("clean: kept without a word about it, and handed on", async () => {
    const kept = await sendLink("well.bin", WELL, /I keep well\.bin/);
    expect(kept).not.toMatch(/virus/);
    await romeo.say(office.bot, `send ${numberIn(kept)} to ${juliet.bare}`);
    const line = await hear(juliet, /has a file for you: well\.bin/);
    expect(line).not.toMatch(/virus/);
    expect(await fetched(await hear(juliet, /^http.*well\.bin/))).toBe(sha256(WELL));
  });

  const infected = new RegExp(`^(\\S+) was not kept\\. \\1 is infected \\(${PLAGUE_NAME}\\), so I did not keep it\\.$`);

  const roads: Record<string, (path: string) => Promise<void>> = {
    "a link, by slixmpp and Prosody's uploads": async (path) => {
      const client = await slixmpp(office.server, "romeo");
      await client.sendFile(path, office.bot);
      await client.waitEvent((e) => infected.test(e.body ?? ""));
      await client.close();
    },
    "stream initiation, by libpurple": async (path) => {
      const client = await purple(office.server, "romeo");
      await client.waitFor(/^PRESENCE bot@\S+ available/);
      await client.sendFile(path, office.bot);
      await client.waitFor(/^MESSAGE \S+ \S+ was not kept\. \S+ is infected/);
      await client.close();
    },
    "Jingle, whose end says why": async () => {
      const name = "sick.bin";
      const peer = await xmppUser(office.server, "romeo", { resource: "jingle" });
      speaksJingle(peer);
      await sendByJingle(peer, `${office.bot}/restante`, name, SICK);
      const [reason] = peer.stanzas.flatMap((s) => {
        const jingle = s.getChild("jingle", "urn:xmpp:jingle:1");
        return jingle?.attrs["action"] === "session-terminate" ? [jingle.getChild("reason")!] : [];
      });
      expect(reason!.getChild("media-error")).toBeDefined();
      expect(reason!.getChildText("text")).toMatch(/is infected \(Restante-Test-Plague/);
      await peer.waitMessage(office.bot, infected);
      await peer.stop();
    },
    "a slot of the bot's own, with the status that says so": async () => {
      const request = xml("request", {
        xmlns: "urn:xmpp:http:upload:0",
        filename: "sick.bin",
        size: String(SICK.length),
      });
      const slot = (await romeo.request("get", "slots.example.net", request)).getChild("slot")!;
      const answer = await fetch(String(slot.getChild("put")!.attrs["url"]), { method: "PUT", body: SICK });
      expect([answer.status, await answer.text()]).toEqual([
        422,
        expect.stringMatching(/sick\.bin is infected \(Rest/),
      ]);
      expect((await fetch(String(slot.getChild("get")!.attrs["url"]))).status).toBe(404);
    },
    "a form on a page": async () => {
      const page = /https?:\S+\/f\/\S+/.exec(await ask(romeo, "upload", /\/f\//))![0];
      const form = new FormData();
      form.append("file", new Blob([SICK]), "sick.bin");
      const answer = await fetch(page, { method: "POST", body: form });
      expect([answer.status, await answer.text()]).toEqual([
        422,
        expect.stringMatching(/sick\.bin is infected \(Rest/),
      ]);
    },
    "tus, at its last byte": async () => {
      const page = /https?:\S+\/f\/\S+/.exec(await ask(romeo, "upload", /\/f\//))![0];
      const tus = { "tus-resumable": "1.0.0" };
      const filename = `filename ${Buffer.from("sick.bin").toString("base64")}`;
      const made = await fetch(page.replace("/f/", "/t/"), { method: "POST", headers: { ...tus, "upload-length": String(SICK.length), "upload-metadata": filename } }); // prettier-ignore
      const at = new URL(made.headers.get("location")!, page);
      const patch = (offset: number, bytes: Buffer): Promise<Response> =>
        fetch(at, { method: "PATCH", headers: { ...tus, "upload-offset": String(offset), "content-type": "application/offset+octet-stream" }, body: bytes }); // prettier-ignore
      expect((await patch(0, SICK.subarray(0, 200_000))).status).toBe(204);
      const answer = await patch(200_000, SICK.subarray(200_000));
      expect([answer.status, await answer.text()]).toEqual([
        422,
        expect.stringMatching(/sick\.bin is infected \(Rest/),
      ]);
    },
  };
  test.each(Object.entries(roads))("infected, by %s: nothing of it is kept", async (_, go) => {
    const before = await audited();
    const path = join(office.folder, "sick.bin");
    await writeFile(path, SICK);
    await go(path);
    expect(await audited()).toEqual(before);
  });

  test("what is infected inside an archive is found, too", async () => {
    const [letter, archive] = ["letter.txt", "letters.zip"].map((name) => join(office.folder, name)) as [
      string,
      string,
    ];
    await writeFile(letter, `so it goes: ${PLAGUE}`);
    await exec("python3", ["-m", "zipfile", "-c", archive, letter]);
    await sendLink("letters.zip", await readFile(archive), /letters\.zip is infected/);
  });

  test("200 MB, more than clamd takes and than is to be looked through: passed on, and all are told", async () => {
    const large = Buffer.alloc(200_000_000, "large ");
    const kept = await sendLink("large.bin", large, /I keep large\.bin/);
    expect(kept).toMatch(/It has not been checked for viruses\./);
    await romeo.say(office.bot, `send ${numberIn(kept)} to ${juliet.bare}`);
    expect(await hear(juliet, /has a file for you: large\.bin/)).toMatch(/It has not been checked for viruses\./);
    expect(await fetched(await hear(juliet, /^http.*large\.bin/))).toBe(sha256(large));
  });
});

describe("up to 300 MB are to be looked through, and clamd takes less", () => {
  beforeAll(() => begin({ file: "300 MiB" }), 60_000);
  afterAll(end);

  test("100 MB: looked through; 200 MB: passed on with the mark", async () => {
    const large = Buffer.alloc(200_000_000, "large ");
    large.set(Buffer.from(PLAGUE), 99_000_000);
    await sendLink("sick.bin", large.subarray(0, 100_000_000), /sick\.bin is infected/);
    expect(await sendLink("large.bin", large, /I keep large\.bin/)).toMatch(/It has not been checked for viruses\./);
  });
});

describe("clamd goes away: hold", () => {
  beforeAll(() => begin(), 60_000);
  afterAll(end);

  test("stopped: held; back: handed on by itself, and what is infected goes away", async () => {
    const known = numberIn(await sendLink("known.bin", WELL, /I keep known\.bin/));
    const link = /http\S+/.exec(await ask(romeo, `link ${known}`, /^Whoever has this link/))![0];
    await clamd.stop();
    const kept = await sendLink("letter.bin", randomBytes(1000), /I keep letter\.bin/);
    expect(kept).toMatch(/The virus check does not answer just now, so nobody is given it yet\./);
    await ask(romeo, `send ${numberIn(kept)} to ${juliet.bare}`, /letter\.bin .* waits for the virus check/);
    const sick = numberIn(await sendLink("sick.bin", SICK, /I keep sick\.bin/));
    await ask(romeo, `send ${sick} to ${juliet.bare}`, /sick\.bin .* waits for the virus check/);
    await ask(romeo, `link ${sick}`, /The virus check does not answer just now/);
    expect(await fetched(link)).toBe(sha256(WELL)); // what was looked through before is as it was
    await ask(juliet, "accept letter.bin", /The virus check does not answer just now/);
    await ask(juliet, "list", /letter\.bin/);
    expect(juliet.stanzas.join()).not.toMatch(/has a file for you/);

    await office.restante.kill(); // and it outlives the program, too
    await clamd.start();
    await office.restante.start();
    await hear(romeo, /^letter\.bin \(number \d+\) has been checked for viruses now, and none was found\.$/);
    await hear(juliet, /has a file for you: letter\.bin/);
    await fetched(await hear(juliet, /^http.*letter\.bin/));
    await hear(romeo, /^sick\.bin \(number \d+\), which waited for the virus check, is infected/);
    await hear(romeo, /^sick\.bin .* could not be handed to juliet@example\.test\. It was infected\.$/);
    await hear(juliet, /^romeo@example\.test has sent you sick\.bin .* It was infected/);
    const { files } = await audited();
    expect(files.map(({ name, mark }) => [name, mark])).toEqual([["letter.bin", ""], ["known.bin", ""]]); // prettier-ignore
  });

  test("hanging: held within seconds, and released when it goes on", async () => {
    clamd.process.signal("SIGSTOP");
    expect(await sendLink("slow.bin", randomBytes(1000), /I keep slow\.bin/)).toMatch(
      /The virus check does not answer/,
    );
    clamd.process.signal("SIGCONT");
    await hear(romeo, /^slow\.bin \(number \d+\) has been checked for viruses now/);
  });
});

describe("clamd goes away: pass", () => {
  beforeAll(() => begin({ absent: "pass" }), 60_000);
  afterAll(end);
  afterEach(() => clamd.start().catch(() => undefined));

  test("handed on at once, and all are told that nobody has looked", async () => {
    await clamd.stop();
    const kept = await sendLink("letter.bin", WELL, /I keep letter\.bin/);
    expect(kept).toMatch(/It has not been checked for viruses\./);
    await romeo.say(office.bot, `send ${numberIn(kept)} to ${juliet.bare}`);
    expect(await hear(juliet, /has a file for you/)).toMatch(/It has not been checked for viruses\./);
    const url = await hear(juliet, /^http.*letter\.bin/);
    expect(await fetched(url)).toBe(sha256(WELL));
  });
});
