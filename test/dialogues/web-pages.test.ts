/** The few pages that are not links. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { RawHttp } from "../harness/raw-http.js";
import { setWebStage, type WebStage } from "../harness/web-stage.js";

let stage: WebStage;
let client: RawHttp;
beforeAll(async () => {
  stage = await setWebStage();
  client = await stage.connect();
});
afterAll(() => stage.strike());

test("the front page says what this is, and loads nothing", async () => {
  const { status, headers, body } = await client.ask("GET", "/");
  expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  expect(headers["content-security-policy"]).toContain("default-src 'none'");
  expect(headers["set-cookie"]).toBeUndefined();
  expect(body.toString()).toContain("Restante");
  expect(body.toString()).not.toMatch(/<script|<img|<link|src=|href=/);
  expect((await client.ask("HEAD", "/")).headers["content-length"]).toBe(String(body.length));
});

test.each(["/x", "/favicon.ico", "/gg", "/healthz/x", "//", "/robots.txt"])("%s is nothing", async (path) => {
  expect((await client.ask("GET", path)).status).toBe(404);
  expect((await client.ask("POST", path, "Content-Length: 0")).status).toBe(404);
});

test("health: which part does not answer, and no more", async () => {
  const well = await client.ask("GET", "/healthz");
  expect([well.status, JSON.parse(well.body.toString())]).toEqual([200, { ok: true, component: true, index: true, storage: true }]); // prettier-ignore
  stage.health = { component: true, index: true, storage: false };
  const ill = await client.ask("GET", "/healthz");
  expect([ill.status, JSON.parse(ill.body.toString())]).toEqual([503, { ok: false, component: true, index: true, storage: false }]); // prettier-ignore
  expect((await client.ask("POST", "/healthz", "Content-Length: 0")).status).toBe(405);
});

test("figures are for this machine only, and not for what a proxy on it brings", async () => {
  const figures = await client.ask("GET", "/metrics");
  expect([figures.status, figures.headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  expect(figures.body.toString()).toMatch(/^restante_web_answers_total\{status="200"\} \d+$/m);
  for (const brought of ["X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1", "X-Real-IP: ::1", "Via: 1.1 proxy"])
    expect((await client.ask("GET", "/metrics", brought)).status).toBe(404);
  const far = await stage.connect("127.0.0.9");
  expect((await far.ask("GET", "/metrics")).status).toBe(404);
  const named = await stage.connect();
  named.send("GET /metrics HTTP/1.1\r\nHost: files.example.org\r\n\r\n");
  expect((await named.answer()).status).toBe(404);
  const old = await stage.connect();
  old.send("GET /metrics HTTP/1.0\r\nHost: 127.0.0.1:80\r\n\r\n");
  expect((await old.answer()).status).toBe(404);
});
