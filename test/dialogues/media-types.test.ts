/** A file is what its bytes say, by whichever road it comes, whatever its sender calls it; and nothing that could run is ever handed out as what it is. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { FullJid } from "../../component/lib/jid.js";
import { bare } from "../../component/lib/jid.js";
import { BOT } from "../harness/office-stage.js";
import { noise } from "../harness/pictures.js";
import { ROMEO, UploadStage } from "../harness/upload-stage.js";

let stage: UploadStage;
let picture: Buffer;
beforeAll(async () => {
  stage = await UploadStage.set({ quota: 100_000_000, transfers: 50 });
  await stage.office.befriend(ROMEO);
  await stage.office.online(ROMEO);
  picture = await noise(30, 20).png().toBuffer();
});
afterAll(() => stage.stop());

type Road = (name: string, mediaType: string, bytes: Buffer) => Promise<void>;

const stream =
  (method: "jingle" | "si"): Road =>
  async (name, mediaType, bytes) => {
    const { office } = stage.office;
    const reception = await office.receive(`${ROMEO}/home` as FullJid, bare(BOT), { name, mediaType, size: bytes.length }, method); // prettier-ignore
    await reception.begin(0);
    await reception.write(bytes);
    await reception.complete();
  };

const ROADS: Record<string, Road> = {
  link: async (name, _type, bytes) => {
    const before = (await stage.files()).length;
    const url = `https://up.example.org/${before}/${encodeURIComponent(name)}`;
    stage.office.internet.files.set(url, bytes);
    await stage.office.sendLink(`${ROMEO}/home`, url);
    await stage.until(async () => (await stage.files()).length > before);
  },
  jingle: stream("jingle"),
  si: stream("si"),
  slot: async (name, mediaType, bytes) => {
    const { put } = await stage.slot(name, bytes.length);
    expect((await stage.put(put, bytes, { "content-type": mediaType })).status).toBe(201);
  },
  form: async (name, mediaType, bytes) => {
    const body = new FormData();
    body.append("file", new Blob([Uint8Array.from(bytes)], { type: mediaType }), name);
    expect((await fetch(`${stage.url}/f/${await stage.page()}`, { method: "POST", body })).status).toBe(200);
  },
  tus: async (name, mediaType, bytes) => {
    const said = [["filename", name], ["filetype", mediaType]].map(([key, value]) => `${key} ${Buffer.from(value!).toString("base64")}`).join(); // prettier-ignore
    const made = await fetch(`${stage.url}/t/${await stage.page()}`, { method: "POST", headers: { "tus-resumable": "1.0.0", "upload-length": String(bytes.length), "upload-metadata": said } }); // prettier-ignore
    const headers = { "tus-resumable": "1.0.0", "upload-offset": "0", "content-type": "application/offset+octet-stream" }; // prettier-ignore
    const sent = await fetch(made.headers.get("location")!, { method: "PATCH", headers, body: Uint8Array.from(bytes) });
    expect([sent.status, sent.headers.get("restante-number")]).toEqual([204, expect.stringMatching(/^\d+$/)]);
  },
};

const html = Buffer.from("<!doctype html><html><script>alert(document.domain)</script></html>");
const svg = Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>");
const zip = Buffer.from("504b03041400000008000000000000000000000000000000000000000000", "hex");

describe.each(Object.keys(ROADS))("by %s", (road) => {
  test.each([
    ["a picture that is called a page", "index.html", "text/html", () => picture, "image/png", "image/png"],
    ["a page that is called a picture", "cat.png", "image/png", () => html, "application/octet-stream", "application/octet-stream"],
    ["a page", "index.html", "image/png", () => html, "text/html", "application/octet-stream"],
    ["a drawing", "logo.svg", "image/png", () => svg, "image/svg+xml", "application/octet-stream"],
    ["an archive that is called a photograph", "photo.jpg", "image/jpeg", () => zip, "application/zip", "application/octet-stream"],
    ["words that are called a film", "film.mp4", "video/mp4", () => Buffer.from("hello"), undefined, undefined],
  ] as const)("%s", async (_, name, said, bytes, found, shown) => {
    await ROADS[road]!(name, said, bytes());
    const [file] = await stage.files();
    expect(file!.name).toBe(name);
    if (found !== undefined) expect(file!.mediaType).toBe(found);
    expect(file!.mediaType).not.toBe(found === said ? "" : said);
    const token = /\/g\/([\w-]{22})/.exec((await stage.office.say(`${ROMEO}/home`, `link ${file!.number}`), stage.office.heard(ROMEO).join()))![1]!; // prettier-ignore
    const answer = await fetch(`${stage.url}/g/${token}/x`);
    const type = answer.headers.get("content-type")!;
    expect(type).not.toMatch(/html|svg|xml|script/);
    if (shown !== undefined) expect(type).toBe(shown);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("content-disposition")).toMatch(/^attachment/);
    expect(answer.headers.get("content-security-policy")).toContain("sandbox");
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes())).toBe(true);
  });
}); // prettier-ignore
