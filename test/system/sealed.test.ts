/**
 * Files that were encrypted before they were uploaded (XEP-0454), over a real server and with real encryption: they reach their recipient with
 * their key, and the key reaches nothing else. Debian's clients make such links inside OMEMO sessions only; Profanity opens them wherever they stand.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createServer, type Server } from "node:tls";
import { profanity } from "../harness/clients/profanity.js";
import { xml, xmppUser, type XmppUser } from "../harness/clients/xmppjs.js";
import { freePorts } from "../harness/ports.js";
import { befriend, openPostOffice, type PostOffice } from "../harness/post-office.js";
import { startProsody } from "../harness/prosody.js";

jest.setTimeout(120_000);

const BYTES = randomBytes(123_457);
const TAG = 16;

let office: PostOffice;
let front: Server;
let romeo: XmppUser;
let juliet: XmppUser;
let certificate: Buffer;
/** Every key that was ever in a link here, in hex. */
const keys: string[] = [];

beforeAll(async () => {
  const [https, web] = (await freePorts(2)) as [number, number];
  office = await openPostOffice(() => startProsody(), {
    config: {
      web: { listen: `127.0.0.1:${web}`, url: `https://127.0.0.1:${https}` },
      log: { level: "trace" },
    },
  });
  certificate = await readFile(office.server.certFile);
  // As a reverse proxy before the program.
  const key = await readFile(office.server.certFile.replace(/crt$/, "key"));
  front = createServer({ key, cert: certificate }, (socket) => {
    const back = connect(web, "127.0.0.1");
    socket.on("error", () => back.destroy()).pipe(back);
    back.on("error", () => socket.destroy()).pipe(socket);
  }).listen(https, "127.0.0.1");
  await befriend(office.server, office.bot, "romeo", "juliet");
  romeo = await xmppUser(office.server, "romeo");
}, 60_000);
afterAll(async () => {
  await romeo?.stop();
  front?.close();
  await office?.close();
});

/** As clients do: a slot, AES-256 in GCM with the tag at the end, PUT, and the link with vector and key. */
async function seal(name: string): Promise<string> {
  const [iv, key] = [randomBytes(12), randomBytes(32)];
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  const sealed = Buffer.concat([cipher.update(BYTES), cipher.final(), cipher.getAuthTag()]);
  const slot = await romeo.request("get", `upload.${office.server.domain}`, xml("request", { xmlns: "urn:xmpp:http:upload:0", filename: name, size: String(sealed.length) })); // prettier-ignore
  const [put, get] = ["put", "get"].map((way) => slot.getChild("slot")!.getChild(way)!);
  const headers = Object.fromEntries(put!.getChildren("header").map((h) => [String(h.attrs["name"]), h.text()]));
  const { status } = await ask("PUT", String(put!.attrs["url"]), headers, sealed);
  expect(status).toBe(201);
  const fragment = Buffer.concat([iv, key]).toString("hex");
  keys.push(fragment);
  return `aesgcm${String(get!.attrs["url"]).slice("https".length)}#${fragment}`;
}

/** What a client makes of such a link. */
async function open(link: string): Promise<Buffer> {
  const [, rest, fragment] = /^aesgcm(.*)#(.*)$/.exec(link)!;
  const { status, bytes } = await ask("GET", `https${rest!}`);
  expect(status).toBe(200);
  const secret = Buffer.from(fragment!, "hex");
  const decipher = createDecipheriv("aes-256-gcm", secret.subarray(-32), secret.subarray(0, -32));
  decipher.setAuthTag(bytes.subarray(-TAG));
  return Buffer.concat([decipher.update(bytes.subarray(0, -TAG)), decipher.final()]);
}

function ask(
  method: string,
  url: string,
  headers: Record<string, string> = {},
  body?: Buffer,
): Promise<{ status: number; bytes: Buffer }> {
  // prettier-ignore
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers: { ...headers, ...(body && { "content-length": body.length }) }, ca: certificate }, (answer) => { // prettier-ignore
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode!, bytes: Buffer.concat(chunks) }));
    });
    asked.on("error", reject).end(body);
  });
}

const hear = async (who: XmppUser, words: RegExp): Promise<string> =>
  (await who.waitMessage(office.bot, words)).getChildText("body")!;

async function send(link: string, words = /as number (\d+)/): Promise<string> {
  await romeo.say(office.bot, link);
  return hear(romeo, words);
}

describe("to somebody who is away", () => {
  test("kept sealed; the very link and nothing else when she comes; delivered when her client has it", async () => {
    const link = await seal("Brief an Julia.odt");
    expect(await send(link)).toMatch(/^I keep Brief an Julia\.odt .*\nIt is sealed: I cannot read it/s);
    await romeo.say(office.bot, "send 1 to juliet@example.test");
    await hear(romeo, /waits for juliet/);
    juliet = await xmppUser(office.server, "juliet");
    expect(await hear(juliet, /has a file for you: Brief an Julia\.odt/)).toMatch(/It is sealed, so that only you/);
    const message = await juliet.waitMessage(office.bot, /^aesgcm:/);
    expect(message.getChildText("body")).toBe(link);
    expect(message.getChildElements().map((c) => c.getName()).filter((n) => n !== "stanza-id")).toEqual(["body", "store", "request"]); // prettier-ignore
    expect(await open(link)).toEqual(BYTES);
    await hear(romeo, /has been offered to juliet/);
    await juliet.send(xml("message", { to: office.bot }, xml("received", { xmlns: "urn:xmpp:receipts", id: String(message.attrs["id"]) }))); // prettier-ignore
    await hear(romeo, /^juliet@example\.test has Brief an Julia\.odt \(number 1\)\.$/);
  });

  test("gone where it was put: our own copy, under the same key, and its download counts", async () => {
    const link = await seal("Zweiter Brief.odt");
    await send(link);
    await romeo.say(office.bot, "send 2 to juliet@example.test");
    await juliet.waitMessage(office.bot, /^aesgcm:/);
    await juliet.say(office.bot, "accept Zweiter Brief.odt");
    const copy = await hear(juliet, /^aesgcm:.*\/g\//);
    expect(copy.split("#")[1]).toBe(link.split("#")[1]);
    expect(await open(copy)).toEqual(BYTES);
    await hear(romeo, /^juliet@example\.test has Zweiter Brief\.odt \(number 2\)\.$/);
  });

  test("back to its owner, and as a link for anyone", async () => {
    await romeo.say(office.bot, "get 1");
    expect(await open(await hear(romeo, /^aesgcm:/))).toEqual(BYTES);
    await romeo.say(office.bot, "link 1");
    const said = await hear(romeo, /^Whoever has this link/);
    expect(await open(/aesgcm:\S+/.exec(said)![0])).toEqual(BYTES);
  });

  test("Profanity opens the link that it is sent, outside of any OMEMO session", async () => {
    const link = await seal("dritter.bin");
    await send(link);
    await juliet.stop();
    const client = await profanity(office.server, "juliet");
    await romeo.say(office.bot, "send 3 to juliet@example.test");
    await client.waitFor(/has a file for you: dritter\.bin/);
    await client.waitFor(/aesgcm:\/\//);
    const path = join(office.folder, "dritter.bin");
    // It tells when the ciphertext is there; of the opened file there is nothing to see but the file.
    const saved = async (url: string, file: string): Promise<Buffer> => {
      await client.type(`/url save ${url} ${file}`);
      await client.waitFor(new RegExp(`Downloading '${url.split("#")[0]!.replace("aesgcm", "https")}.*: done`));
      for (const end = Date.now() + 20_000; Date.now() < end; await delay(50)) {
        const got = await readFile(file).catch(() => undefined);
        if (got?.length === BYTES.length) return got;
      }
      throw new Error(`${file} is not there`);
    };
    expect(await saved(link, path)).toEqual(BYTES);
    // It confirms nothing to an address without a resource, so it has to say that it wants it: our own copy shows that it has it.
    await client.say(office.bot, "accept dritter.bin");
    const [copy] = await client.waitFor(/aesgcm:\S+\/g\/\S+/);
    expect(await saved(copy, `${path}.copy`)).toEqual(BYTES);
    await hear(romeo, /^juliet@example\.test has dritter\.bin \(number 3\)\.$/);
    await client.close();
  });
});

describe("what cannot be kept", () => {
  const fragment = randomBytes(44).toString("hex");

  test.each([
    ["a key that is none", "aesgcm://127.0.0.1/a.bin#" + fragment.slice(1), /its key is not one/],
    ["nothing there", "", /would not give me gone\.bin \(it answered 404\)/],
    ["nobody there", "aesgcm://127.0.0.1:9/b.bin#" + fragment, /could not reach 127\.0\.0\.1/],
    ["a host that is none", "aesgcm://nowhere.invalid/c.bin#" + fragment, /could not reach nowhere\.invalid/],
    ["not https", `aesgcm://127.0.0.1:1/`.repeat(300) + "#" + fragment, /too long|not one that I can fetch/],
  ])("%s: refused with words", async (_, link, words) => {
    keys.push(fragment.slice(1));
    const bad = link === "" ? (await seal("x.bin")).replace(/[^/]*\/[^/]*#/, "no-such-slot/gone.bin#") : link;
    expect(await send(bad, words)).not.toContain(fragment.slice(1));
  });
});

test("no key stands in anything that the program has printed, at any level, or told in its metrics", async () => {
  await romeo.say(office.bot, "status");
  await hear(romeo, /dritter\.bin/);
  await romeo.say(office.bot, "status 1");
  const status = await hear(romeo, /juliet@example\.test/);
  const metrics = await fetch(`http://127.0.0.1:${/127\.0\.0\.1:(\d+)/.exec(await readFile(office.restante.configFile, "utf8"))![1]}/metrics`).then((a) => a.text()).catch(() => ""); // prettier-ignore
  await office.restante.stop();
  const log = await readFile(join(office.restante.folder, "restante.log"), "utf8");
  const printed = [...office.restante.process.lines, log, metrics, status].join("\n").toLowerCase();
  expect(printed).toMatch(/"level":(10|20)/);
  expect(keys.length).toBeGreaterThan(4);
  for (const key of keys)
    for (const part of [key, key.slice(0, 24), key.slice(-64)]) expect(printed).not.toContain(part);
});
