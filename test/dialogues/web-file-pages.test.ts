/** The page about a file, and a file had by a token in a header: the real web server and the real control unit. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { bare } from "../../component/lib/jid.js";
import { noise, studio } from "../harness/pictures.js";
import { ROMEO, UploadStage } from "../harness/upload-stage.js";

const JULIET = "juliet@example.org";

let stage: UploadStage;
const painter = studio();
beforeEach(async () => {
  stage = await UploadStage.set({ painter });
  for (const who of [ROMEO, JULIET]) {
    await stage.office.befriend(who);
    stage.office.heard(who);
  }
  await stage.office.online(ROMEO);
});
afterEach(async () => {
  await stage.stop();
  painter.stop();
});

/** Romeo keeps it. */
async function keep(name: string, bytes: Buffer): Promise<void> {
  const { put } = await stage.slot(name, bytes.length);
  expect((await stage.put(put, bytes)).status).toBe(201);
}

async function say(who: string, text: string): Promise<string> {
  await stage.office.say(`${who}/home`, text);
  return stage.office.heard(who).join("\n");
}

const tokenIn = (text: string): string => /\/p\/([\w-]{22})/.exec(text)![1]!;
const look = (token: string, init: RequestInit = {}): Promise<Response> => fetch(`${stage.url}/p/${token}`, init);
const history = async () => (await stage.office.index.sentBy(bare(ROMEO), undefined, 10)).map((p) => p.state);

describe("the page about a file", () => {
  test("“link” gives it beside the file itself", async () => {
    await keep("plan <b>.txt", Buffer.from("balcony"));
    const said = await say(ROMEO, "link 1");
    expect(said.split("\n")[1]).toMatch(/^https:\/\/files\.example\.org\/g\/[\w-]{22}\//);
    const token = tokenIn(said);
    const answer = await look(token);
    const body = await answer.text();
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(answer.headers.get("content-security-policy")).toMatch(/default-src 'none'.*form-action 'self'; frame-ancestors 'none'/); // prettier-ignore
    expect(answer.headers.get("content-security-policy")).not.toContain("script-src");
    expect(body).toContain("<title>plan _b_.txt</title>");
    expect(body).toMatch(/<dd>7 bytes<\/dd>/);
    expect(body).not.toMatch(/<script|<img|<form| on\w+="|https?:/);
    const [, href] = /<a class="button wide" href="([^"]+)"/.exec(body)!;
    expect(await (await fetch(new URL(href!, `${stage.url}/p/${token}`))).text()).toBe("balcony");
  });

  test("a picture is seen, and measured", async () => {
    await keep("verona.png", await noise(600, 300).png().toBuffer());
    const body = await (await look(tokenIn(await say(ROMEO, "link 1")))).text();
    expect(body).toMatch(/<img src="data:image\/jpeg;base64,[\w+/]{200,}=*" width="128" height="64" alt="[^"]+" ?\/?>/);
    expect(body).toContain("image/png · 600 × 300 pixels");
  });

  test("a name that tricks the eye, and one that breaks out", async () => {
    await keep('a\u202egnp.exe"><script>alert(1)</script>', Buffer.from("x"));
    const body = await (await look(tokenIn(await say(ROMEO, "link 1")))).text();
    expect(body).not.toMatch(/\u202e|<script/);
  });

  test.each(["text/html", "image/svg+xml"])("a file that is %s is not called so", async (type) => {
    const bytes = Buffer.from(type === "text/html" ? "<!doctype html><script>alert(1)</script>" : "<svg xmlns='http://www.w3.org/2000/svg'/>"); // prettier-ignore
    await keep(type === "text/html" ? "page.html" : "drawing.svg", bytes);
    const token = tokenIn(await say(ROMEO, "link 1"));
    expect(await (await look(token)).text()).toContain("<dd>application/octet-stream</dd>");
    const answer = await fetch(`${stage.url}/g/${token}/x`);
    expect(answer.headers.get("content-type")).toBe("application/octet-stream");
    expect(answer.headers.get("content-disposition")).toMatch(/^attachment/);
  });

  test("what has ended, and what never was", async () => {
    await keep("plan.txt", Buffer.from("balcony"));
    const token = tokenIn(await say(ROMEO, "link 1"));
    await say(ROMEO, "del 1");
    expect([404, 410]).toContain((await look(token)).status);
    const answer = await look("x".repeat(22), { headers: { accept: "text/html", "accept-language": "de" } });
    expect([answer.status, (await answer.text()).includes("Hier ist nichts")]).toEqual([404, true]);
    for (const path of ["/p", "/p/", "/p/a/b"]) expect((await fetch(stage.url + path)).status).toBe(404);
    expect((await look(token, { method: "DELETE" })).status).toBe(405);
  });
});

describe("a parcel's page", () => {
  async function parcel(): Promise<string> {
    await keep("plan.txt", Buffer.from("balcony"));
    await say(ROMEO, `send 1 to ${JULIET}`);
    return tokenIn(await say(JULIET, "link 1"));
  }

  test("says who sent it; looking moves nothing, downloading delivers", async () => {
    const token = await parcel();
    const before = await history();
    for (let i = 0; i < 3; i++) {
      const body = await (await look(token)).text();
      expect(body).toContain(`<bdi>${ROMEO}</bdi>`);
      expect(body).toContain('<form method="post">');
      expect((await look(token, { method: "HEAD" })).status).toBe(200);
    }
    expect(await history()).toEqual(before);
    await (await fetch(`${stage.url}/g/${token}/plan.txt`)).text();
    await stage.until(async () => (await stage.office.clock.turn(100), (await history())[0] === "delivered"));
    await stage.until(() => stage.office.heard(ROMEO).some((line) => /has plan\.txt/.test(line)));
    const after = await (await look(token)).text();
    expect(after).not.toContain("<form");
    expect(after).toContain("It has been fetched before");
  });

  test("is declined by its button", async () => {
    const token = await parcel();
    const answer = await look(token, { method: "POST", body: new URLSearchParams() });
    expect([answer.status, (await answer.text()).includes(`${ROMEO} is told so`)]).toEqual([200, true]);
    expect(await history()).toEqual(["declined"]);
    await stage.office.settle();
    expect(stage.office.heard(ROMEO).join()).toMatch(/does not want plan\.txt/);
    expect((await fetch(`${stage.url}/g/${token}/plan.txt`)).status).toBe(410);
    expect((await look(token, { method: "POST" })).status).toBe(410);
  });

  test("a file's own link has nothing to decline", async () => {
    await keep("plan.txt", Buffer.from("balcony"));
    expect((await look(tokenIn(await say(ROMEO, "link 1")), { method: "POST" })).status).toBe(403);
  });
});

describe("a token in a header", () => {
  test("gives what the link gives, ranges and all, and delivers", async () => {
    const bytes = randomBytes(200_000);
    await keep("plan.bin", bytes);
    await say(ROMEO, `send 1 to ${JULIET}`);
    const token = tokenIn(await say(JULIET, "link 1"));
    const ask = (headers: Record<string, string>, method = "GET") =>
      fetch(`${stage.url}/g`, { method, headers: { authorization: `Bearer ${token}`, ...headers } });
    const first = await ask({ range: "bytes=0-99999" });
    expect([first.status, first.headers.get("content-range")]).toEqual([206, "bytes 0-99999/200000"]);
    expect((await history())[0]).not.toBe("delivered");
    const rest = await ask({ range: "bytes=100000-", "if-range": first.headers.get("etag")! });
    const got = Buffer.concat([Buffer.from(await first.arrayBuffer()), Buffer.from(await rest.arrayBuffer())]);
    expect(got.equals(bytes)).toBe(true);
    await stage.until(async () => (await stage.office.clock.turn(100), (await history())[0] === "delivered"));
    expect((await ask({}, "HEAD")).headers.get("content-length")).toBe("200000");
    expect((await ask({ range: "bytes=999999-" })).status).toBe(416);
  });

  test("without one, or with another", async () => {
    const none = await fetch(`${stage.url}/g`);
    expect([none.status, none.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    for (const authorization of ["Basic eDp5", "Bearer", "Bearer a b", `Bearer ${"x".repeat(22)}`, "Bearer ../x"])
      expect([401, 404]).toContain((await fetch(`${stage.url}/g`, { headers: { authorization } })).status);
    expect((await fetch(`${stage.url}/g`, { method: "POST" })).status).toBe(405);
    const preflight = await fetch(`${stage.url}/g`, { method: "OPTIONS" });
    expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
  });
});
