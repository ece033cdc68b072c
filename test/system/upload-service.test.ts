/** Restante as its server's upload service (XEP-0363), behind nginx with TLS, for clients that nobody here wrote; and killed while files come. */
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "../harness/clients/client.js";
import { converse } from "../harness/clients/converse.js";
import { dino } from "../harness/clients/dino.js";
import { gajim } from "../harness/clients/gajim.js";
import { goSendxmpp } from "../harness/clients/go-sendxmpp.js";
import { profanity } from "../harness/clients/profanity.js";
import { slixmpp } from "../harness/clients/slixmpp.js";
import { xml, xmppUser, type XmppUser } from "../harness/clients/xmppjs.js";
import { startProxy, type Nginx } from "../harness/nginx.js";
import { freePorts } from "../harness/ports.js";
import { sha256 } from "../harness/post-office.js";
import { exec } from "../harness/process.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { RawHttp } from "../harness/raw-http.js";
import { startRestante, type Restante } from "../harness/restante.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

jest.setTimeout(180_000);

const UPLOAD = "urn:xmpp:http:upload:0";
const TUS = { "tus-resumable": "1.0.0" };

let prosody: Prosody;
let restante: Restante;
let nginx: Nginx;
let folder: TempFolder;
beforeAll(async () => {
  folder = await tempFolder();
  prosody = await startProsody({ ownUploads: true, users: ["benvolio", "tybalt", "paris", "sampson", "gregory"] });
  const [port] = (await freePorts(1)) as [number];
  const web = { url: `https://127.0.0.1:${port}` };
  restante = await startRestante(prosody, { config: { web, upload: { domain: `upload.${prosody.domain}` } } });
  nginx = await startProxy(port, restante.webUrl, prosody.certFile);
});
afterAll(async () => {
  await nginx?.stop();
  await restante?.remove();
  await prosody?.remove();
  await folder?.remove();
});

/** Objects in the blob store, finished or not. */
async function blobs(): Promise<number> {
  const root = join(restante.folder, "blobs");
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name.length === 22).length;
}

const curl = (...args: string[]): Promise<string> => exec("curl", ["-sk", ...args]);

/** Right after its login Dino fails at once: it has not found the service yet. */
async function dinoWithUploads(...login: Parameters<typeof dino>): Promise<Client> {
  const client = await dino(...login);
  return {
    ...client,
    async sendFile(path, to) {
      do await client.sendFile(path, to);
      while ((await client.waitFor(/^(SENT|FAILED) /))[1] === "FAILED");
    },
  };
}

describe("a client finds it, uploads there, and hands the link on", () => {
  const logIn = { "go-sendxmpp": goSendxmpp, slixmpp, Profanity: profanity, Gajim: gajim, Dino: dinoWithUploads, "Converse.js": converse }; // prettier-ignore

  test.each<[keyof typeof logIn, string, number]>([
    ["go-sendxmpp", "mercutio", 1_500_000],
    ["slixmpp", "benvolio", 2_345_678],
    ["Profanity", "paris", 3_456_789],
    ["Gajim", "tybalt", 5_000_001],
    ["Dino", "sampson", 700_003],
    ["Converse.js", "gregory", 4_000_001],
  ])("%s", async (name, user, size) => {
    const bytes = randomBytes(size);
    const path = join(folder.path, `${user}.bin`);
    await writeFile(path, bytes);
    const before = await blobs();
    const juliet = await xmppUser(prosody, "juliet");
    const client: Client = await logIn[name](prosody, user);
    try {
      // To a person: the link is an ordinary one.
      await client.sendFile(path, juliet.bare);
      const line = await juliet.waitStanza((stanza) => stanza.is("message") && String(stanza.getChildText("body")).includes("/g/"), 60_000); // prettier-ignore
      const url = /https:\/\/\S+/.exec(line.getChildText("body")!)![0];
      const target = join(folder.path, `${user}.got`);
      await curl("-o", target, url);
      expect(sha256(await readFile(target))).toBe(sha256(bytes));
      expect(await curl("-I", url)).toMatch(new RegExp(`content-length: ${size}`, "i"));
      expect(await blobs()).toBe(before + 1);

      // To the bot: it knows the file as its sender's, and fetches nothing.
      const romeo = await xmppUser(prosody, user, { resource: "listening" });
      await romeo.say(restante.contact, url);
      const kept = await romeo.waitMessage(restante.contact, /I keep .* as number 1,/);
      expect(kept.getChildText("body")).toContain(`${user}.bin`);
      await romeo.say(restante.contact, "list");
      await romeo.waitMessage(restante.contact, /You keep 1 file/);
      expect(await blobs()).toBe(before + 1);
      await romeo.stop();
    } finally {
      await client.close();
      await juliet.stop();
    }
  });
});

describe("kill -9 while a file comes", () => {
  let romeo: XmppUser;
  beforeAll(async () => {
    romeo = await xmppUser(prosody, "romeo");
  });
  afterAll(() => romeo?.stop());

  /** The URLs of a slot, past nginx. */
  async function slot(size: number): Promise<{ put: string; get: string }> {
    const request = xml("request", { xmlns: UPLOAD, filename: "a.bin", size: String(size) });
    const answer = await romeo.request("get", `upload.${prosody.domain}`, request);
    const slot = answer.getChild("slot", UPLOAD)!;
    const near = (name: string): string => String(slot.getChild(name)!.attrs["url"]).replace(nginx.url, restante.webUrl); // prettier-ignore
    return { put: near("put"), get: near("get") };
  }

  async function died(): Promise<void> {
    await restante.kill();
    await restante.start();
  }

  /** Until nothing but kept files lies in the store. */
  async function swept(count: number): Promise<void> {
    const deadline = Date.now() + 60_000;
    while ((await blobs()) !== count) {
      if (Date.now() > deadline) throw new Error(`${await blobs()} objects, not ${count}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  test("a PUT leaves nothing, and its slot is good afterwards", async () => {
    const before = await blobs();
    const bytes = randomBytes(6_000_000);
    const { put, get } = await slot(bytes.length);
    const { port, pathname } = new URL(put);
    const client = await RawHttp.open(Number(port));
    client.send(`PUT ${pathname} HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes.length}\r\n\r\n`);
    client.socket.write(bytes.subarray(0, 4_000_000));
    await swept(before + 1); // it is on its way
    await died();
    expect((await fetch(get)).status).toBe(404);
    const again = await fetch(put, { method: "PUT", body: bytes });
    expect(again.status).toBe(201);
    expect(Buffer.from(await (await fetch(get)).arrayBuffer()).equals(bytes)).toBe(true);
    await swept(before + 1);
  });

  test("an upload by tus goes on from what had come", async () => {
    const bytes = randomBytes(6_000_000);
    const { put, get } = await slot(bytes.length);
    const created = await fetch(put, { method: "POST", headers: { ...TUS, "upload-length": String(bytes.length) } });
    const at = created.headers.get("location")!.replace(nginx.url, restante.webUrl);
    const patch = (offset: number, end: number): Promise<Response> =>
      fetch(at, { method: "PATCH", headers: { ...TUS, "upload-offset": String(offset), "content-type": "application/offset+octet-stream" }, body: bytes.subarray(offset, end) }); // prettier-ignore
    expect((await patch(0, 4_000_000)).status).toBe(204);
    await died();
    const head = await fetch(at, { method: "HEAD", headers: TUS });
    const offset = Number(head.headers.get("upload-offset"));
    expect(offset).toBeGreaterThan(2_000_000);
    expect((await patch(offset, bytes.length)).status).toBe(204);
    expect(Buffer.from(await (await fetch(get)).arrayBuffer()).equals(bytes)).toBe(true);
  });
});
