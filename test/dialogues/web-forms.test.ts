/** Files brought by a page's form, as a browser without scripts brings them: the real web server and the real control unit. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { ROMEO, UploadStage } from "../harness/upload-stage.js";

let stage: UploadStage;
beforeEach(async () => {
  stage = await UploadStage.set({ quota: 1_000_000 });
  await stage.office.befriend(ROMEO);
  await stage.office.online(ROMEO);
  stage.office.heard(ROMEO);
});
afterEach(() => stage.stop());

type Part = readonly [name: string, bytes: Buffer, type?: string];

function form(parts: readonly Part[]): FormData {
  const data = new FormData();
  for (const [name, bytes, type = ""] of parts) data.append("file", new Blob([Uint8Array.from(bytes)], { type }), name);
  return data;
}

async function send(
  token: string,
  parts: readonly Part[],
  headers: Record<string, string> = {},
): Promise<[number, string]> {
  const answer = await fetch(`${stage.url}/f/${token}`, { method: "POST", body: form(parts), headers });
  return [answer.status, await answer.text()];
}

/** A form by hand: its body, and the header of the request for `length` bytes of it. */
function byHand(parts: readonly Part[]): {
  readonly body: Buffer;
  readonly head: (token: string, length: number) => string;
} {
  const chunks = parts.map(([name, bytes]) => Buffer.concat([Buffer.from(`--XX\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`), bytes, Buffer.from("\r\n")])); // prettier-ignore
  const body = Buffer.concat([...chunks, Buffer.from("--XX--\r\n")]);
  return { body, head: (token, length) => `POST /f/${token} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=XX\r\nContent-Length: ${length}\r\n\r\n` }; // prettier-ignore
}

async function page(order = "upload"): Promise<string> {
  await stage.office.say(`${ROMEO}/home`, order);
  return /\/f\/([\w-]{22})/.exec(stage.office.heard(ROMEO).join())![1]!;
}

describe("the page", () => {
  test("is had by a word, works without scripts, and is safe to be looked at", async () => {
    const token = await page();
    const answer = await fetch(`${stage.url}/f/${token}`);
    const body = await answer.text();
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    const policy = answer.headers.get("content-security-policy")!;
    for (const rule of ["default-src 'none'", "script-src 'self'", "form-action 'self'", "frame-ancestors 'none'"])
      expect(policy).toContain(rule);
    expect(policy).not.toContain("unsafe");
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
    expect(body).toContain('enctype="multipart/form-data"');
    expect(body).toContain("kept for romeo@example.org");
    expect(body).not.toMatch(/ on\w+=|style="|<script>|https?:/);
    for (const [, src] of body.matchAll(/<script type="module" src="([^"]+)"/g))
      expect(new URL(src!, `${stage.url}/f/${token}`).pathname).toMatch(/^\/s\/\w+\.js$/);
    expect((await fetch(`${stage.url}/s/tus.js`)).headers.get("content-type")).toContain("text/javascript");
    expect((await fetch(`${stage.url}/f/${token}`, { method: "HEAD" })).status).toBe(200);
    expect(await stage.files()).toEqual([]);
  });

  test.each([["de-AT,en;q=0.5", "Dateien hochladen"], ["ko", "파일 올리기"], ["fr", "Bring files in"]])("speaks %s", async (wanted, title) => {
    const answer = await fetch(`${stage.url}/f/${await page()}`, { headers: { "accept-language": wanted } });
    expect(await answer.text()).toContain(`<title>${title}</title>`);
  }); // prettier-ignore

  test("ends by a word, and after a day", async () => {
    const [one, two] = [await page(), await page()];
    await stage.office.say(`${ROMEO}/home`, "upload off");
    expect(stage.office.heard(ROMEO)).toEqual(["Those 2 pages have ended."]);
    for (const token of [one, two]) expect((await fetch(`${stage.url}/f/${token}`)).status).toBe(404);
    const third = await page();
    await stage.office.clock.turn(25 * 3_600_000);
    expect((await fetch(`${stage.url}/f/${third}`)).status).toBe(410);
    expect((await send(third, [["a.txt", Buffer.from("a")]]))[0]).toBe(410);
    expect((await fetch(`${stage.url}/f/${"x".repeat(22)}`, { headers: { accept: "text/html" } })).status).toBe(404);
  });

  test("a slot is no page", async () => {
    const { put } = await stage.slot("a.png", 10);
    expect((await fetch(`${stage.url}/f/${/\/u\/([\w-]+)/.exec(put)![1]!}`)).status).toBe(404);
  });
});

describe("a form", () => {
  test("brings several files, which are kept under their numbers, and their owner is told", async () => {
    const [one, two] = [randomBytes(300_000), Buffer.from("hällo")];
    const [status, body] = await send(await page(), [["Ünter lagen.bin", one], ["../../note.txt", two, "text/html"]]); // prettier-ignore
    expect(status).toBe(200);
    expect(body).toContain("Ünter lagen.bin (293.0 KiB) is kept as number 1.");
    expect(body).toContain("note.txt (6 bytes) is kept as number 2.");
    expect(body).toContain("send 1 to ADDRESS");
    const [second, first] = await stage.files();
    expect([first!.name, first!.size, first!.mediaType]).toEqual(["Ünter lagen.bin", 300_000, "application/octet-stream"]); // prettier-ignore
    expect([second!.name, second!.mediaType]).toEqual(["note.txt", "text/plain"]);
    expect(stage.office.heard(ROMEO).filter((line) => line.startsWith("I keep"))).toHaveLength(2);
    await stage.office.say(`${ROMEO}/home`, "get 1");
    const url = stage.office.heard(ROMEO).find((line) => line.startsWith("http"))!;
    expect((await stage.office.fetch(url)).equals(one)).toBe(true);
  });

  test("names who gets it, and he does", async () => {
    await stage.office.befriend("juliet@example.org");
    await stage.office.online("juliet@example.org");
    const token = await page("upload to juliet@example.org");
    expect(await (await fetch(`${stage.url}/f/${token}`)).text()).toContain("sent by romeo@example.org to juliet@example.org"); // prettier-ignore
    const [status, body] = await send(token, [["plan.txt", Buffer.from("balcony")]]);
    expect([status, body.includes("handed to juliet@example.org")]).toEqual([200, true]);
    await stage.office.settle();
    const url = stage.office.heard("juliet@example.org").find((line) => line.startsWith("http"))!;
    expect((await stage.office.fetch(url)).toString()).toBe("balcony");
  });

  test("a page for whom nothing may be sent is not made", async () => {
    await stage.office.say(`${ROMEO}/home`, "upload to files.example.org");
    expect(stage.office.heard(ROMEO).join()).not.toContain("/f/");
  });

  test("what does not fit is refused in words, and the rest is kept", async () => {
    stage.office.heard(ROMEO);
    const token = await page();
    const [status, body] = await send(token, [["large.bin", randomBytes(1_000_100)], ["small.txt", Buffer.from("x")], ["empty.txt", Buffer.alloc(0)]]); // prettier-ignore
    expect(status).toBe(200);
    expect(body).toMatch(/large\.bin was not kept/);
    expect(body).toContain("small.txt (1 byte) is kept");
    expect(body).toMatch(/empty\.txt.*empty/);
    expect((await stage.files()).map((f) => f.name)).toEqual(["small.txt"]);
    const [none, said] = await send(token, [["large.bin", randomBytes(1_000_100)]]);
    expect(none).toBeGreaterThanOrEqual(400);
    expect(said).toContain("That did not work");
  });

  test("a full room", async () => {
    const token = await page();
    expect((await send(token, [["half.bin", randomBytes(600_000)]]))[0]).toBe(200);
    const [status, body] = await send(token, [["other.bin", randomBytes(600_000)]]);
    expect([status, /Your room is full/.test(body)]).toEqual([507, true]);
  });

  test("without a file", async () => {
    const token = await page();
    const [status, body] = await send(token, [["", Buffer.alloc(0)]]);
    expect([status, body.includes("There was no file")]).toEqual([400, true]);
  });

  test.each([
    ["no multipart", { "content-type": "text/plain" }, "x"],
    ["no boundary", { "content-type": "multipart/form-data" }, "x"],
    ["nonsense", { "content-type": "multipart/form-data; boundary=XX" }, "nonsense"],
    ["broken off within", { "content-type": "multipart/form-data; boundary=XX" }, '--XX\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc'],
    ["a header without an end", { "content-type": "multipart/form-data; boundary=XX" }, `--XX\r\nX: ${"y".repeat(100_000)}`],
  ])("%s", async (_, headers, body) => {
    const answer = await fetch(`${stage.url}/f/${await page()}`, { method: "POST", headers, body });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(await stage.files()).toEqual([]);
  }); // prettier-ignore

  test("that is cut leaves nothing, and its owner hears of it", async () => {
    const { body, head } = byHand([["cut.bin", randomBytes(400_000)]]);
    const client = await stage.connect();
    const token = await page();
    client.send(head(token, body.length));
    client.socket.write(body.subarray(0, 200_000));
    await stage.until(async () => !(await stage.office.blobs.keys()[Symbol.asyncIterator]().next()).done);
    client.socket.destroy();
    await stage.until(() => stage.office.heard(ROMEO).some((line) => /cut\.bin was not kept/.test(line)));
    expect(await stage.files()).toEqual([]);
    const [status] = await send(token, [["again.txt", Buffer.from("x")]]);
    expect(status).toBe(200);
  });

  test("byte by byte", async () => {
    const { body, head } = byHand([["slow.txt", Buffer.from("slow\r\n--X and steady")]]);
    const client = await stage.connect();
    client.send(head(await page(), body.length));
    for (const byte of body) client.socket.write(Buffer.from([byte]));
    expect((await client.answer()).status).toBe(200);
    expect((await stage.files()).map((f) => [f.name, f.size])).toEqual([["slow.txt", 20]]);
  });
});
