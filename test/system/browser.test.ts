/** Files brought and fetched with Debian's Chromium: with scripts and without, cut in the middle, seen in both schemes. */
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { startChromium } from "../harness/browser.js";
import { xmppUser, type XmppUser } from "../harness/clients/xmppjs.js";
import { noise } from "../harness/pictures.js";
import { freePorts } from "../harness/ports.js";
import { befriend, openPostOffice, sha256, type PostOffice } from "../harness/post-office.js";
import { startProsody } from "../harness/prosody.js";

jest.setTimeout(90_000);

const JULIET = "juliet@example.test";
/** Where pictures of the pages are put, if anybody wants to see them. */
const PICTURES = process.env["RESTANTE_PICTURES"] === "1" ? "data/pictures" : undefined;

let office: PostOffice;
let browser: Browser;
let romeo: XmppUser;
let juliet: XmppUser;
let road: Road;

/** All that a browser says goes through here, and can be cut. */
interface Road {
  readonly port: number;
  /** Breaks it when so many bytes more have gone by. */
  breakAfter(bytes: number): void;
  readonly breaks: number;
  close(): void;
}

async function openRoad(port: number, to: () => number): Promise<Road> {
  const sockets = new Set<Socket>();
  let left = Infinity;
  let breaks = 0;
  const server: Server = createServer((socket) => {
    const far = connect(to(), "127.0.0.1");
    for (const end of [socket, far]) {
      sockets.add(end);
      end.on("error", () => undefined).on("close", () => {
        sockets.delete(end);
        (end === socket ? far : socket).destroy();
      }); // prettier-ignore
    }
    socket.on("data", (chunk) => {
      left -= chunk.length;
      if (left > 0) return void far.write(chunk);
      left = Infinity;
      breaks++;
      for (const each of sockets) each.destroy();
    });
    far.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    port,
    get breaks() {
      return breaks;
    },
    breakAfter: (bytes) => void (left = bytes),
    close() {
      server.close();
      for (const each of sockets) each.destroy();
    },
  };
}

beforeAll(async () => {
  const [port] = (await freePorts(1)) as [number];
  office = await openPostOffice(() => startProsody(), { config: { web: { url: `http://127.0.0.1:${port}` } } });
  road = await openRoad(port, () => Number(new URL(office.restante.webUrl).port));
  await befriend(office.server, office.bot, "romeo", "juliet");
  [romeo, juliet] = await Promise.all([xmppUser(office.server, "romeo"), xmppUser(office.server, "juliet")]);
  browser = await startChromium();
  if (PICTURES) await mkdir(PICTURES, { recursive: true });
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await romeo?.stop();
  await juliet?.stop();
  road?.close();
  await office?.close();
});

/** What the bot answers, as far as it matches. */
async function ask(who: XmppUser, text: string, answer: RegExp): Promise<string> {
  await who.say(office.bot, text);
  const body = (await who.waitMessage(office.bot, answer)).getChildText("body")!;
  return answer.exec(body)![0];
}

const formFor = (order = "upload"): Promise<string> => ask(romeo, order, /http\S+\/f\/\S+/);

/** One page in a window of its own; nothing may go wrong in it that nobody sees. */
async function open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 760 }, locale: "en", ...options });
  const page = await context.newPage();
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => message.text().includes("Content Security Policy") && wrong.push(message.text()));
  await page.goto(url);
  return page;
}
const wrong: string[] = [];

async function done(page: Page, picture?: string): Promise<void> {
  if (PICTURES && picture) await page.screenshot({ path: join(PICTURES, `${picture}.png`) });
  // Wider than the window: somebody would have to scroll sideways.
  expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
  expect(wrong.splice(0)).toEqual([]);
  await page.context().close();
}

async function letter(name: string, bytes: Buffer): Promise<string> {
  const path = join(office.folder, name);
  await writeFile(path, bytes);
  return path;
}

/** The bytes of what is kept under a number. */
async function kept(number: string | number): Promise<string> {
  const url = await ask(romeo, `link ${number}`, /http\S+\/g\/\S+/);
  return sha256(Buffer.from(await (await fetch(url)).arrayBuffer()));
}

const NARROW: BrowserContextOptions = { viewport: { width: 340, height: 640 }, colorScheme: "dark" };

describe("the form", () => {
  test("without scripts: several files, and what became of them", async () => {
    const verona = await noise(1600, 1000).png().toBuffer();
    const plan = randomBytes(300_000);
    const page = await open(await formFor(), { javaScriptEnabled: false });
    await page.setInputFiles("input[type=file]", [await letter("Verona bei Nacht.png", verona), await letter("plan.bin", plan)]); // prettier-ignore
    if (PICTURES) await page.screenshot({ path: join(PICTURES, "form.png") });
    await page.getByRole("button", { name: "Send" }).click();
    const lines = await page.locator("ul.files li").allTextContents();
    expect(lines.map((line) => line.replace(/\d+\.?$/, ""))).toEqual([expect.stringMatching(/^Verona bei Nacht\.png \(.*\) is kept as number /), expect.stringMatching(/^plan\.bin \(.*\) is kept as number /)]); // prettier-ignore
    const [first, second] = lines.map((line) => /(\d+)\.$/.exec(line)![1]!);
    await done(page, "form-done");
    expect([await kept(first!), await kept(second!)]).toEqual([sha256(verona), sha256(plan)]);
    await romeo.waitMessage(office.bot, /^I keep plan\.bin/);
  });

  test("with a script: dropped, cut in the middle, and gone on with", async () => {
    const bytes = randomBytes(6_000_000);
    const page = await open(await formFor(), NARROW);
    await page.waitForFunction("document.querySelector('form button').hidden");
    road.breakAfter(2_500_000);
    await page.setInputFiles("input[type=file]", [await letter("Brief an Julia – ein sehr langer Name, der nirgends hineinpasst.bin", bytes)]); // prettier-ignore
    await page.locator("li .good").waitFor();
    const said = await page.locator("li .good").textContent();
    expect(road.breaks).toBe(1);
    const number = /Kept as number (\d+)/.exec(said!)![1]!;
    await done(page, "form-script-narrow-dark");
    expect(await kept(number)).toBe(sha256(bytes));
  });

  test("with a script: what is too large is refused in words, and Korean ones where they are wanted", async () => {
    const url = await formFor();
    const page = await open(url, { locale: "ko" });
    await page.waitForFunction("document.querySelector('form button').hidden");
    await page.setInputFiles("input[type=file]", [{ name: "leer.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) }]); // prettier-ignore
    await page.locator("li .bad").waitFor();
    expect(await page.locator("li .bad").textContent()).toMatch(/leer\.txt/);
    await done(page, "form-refused-ko");
  });

  test("for somebody: it is a parcel at once", async () => {
    const page = await open(await formFor(`upload to ${JULIET}`), { javaScriptEnabled: false });
    expect(await page.locator("main").textContent()).toContain(JULIET);
    await page.setInputFiles("input[type=file]", [await letter("balcony.txt", Buffer.from("balcony"))]);
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator("li.good").waitFor();
    await done(page);
    await juliet.waitMessage(office.bot, /^romeo@example\.test has a file for you: balcony\.txt/);
  });
});

describe("the page about a file", () => {
  let url: string;
  const bytes = noise(1200, 1600).png().toBuffer();

  beforeAll(async () => {
    const page = await open(await formFor(`upload to ${JULIET}`), { javaScriptEnabled: false });
    await page.setInputFiles("input[type=file]", [await letter("מכתב – Verona.png", await bytes)]);
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator("li.good").waitFor();
    await page.context().close();
    const line = (await juliet.waitMessage(office.bot, /Verona\.png.*decline \d+/)).getChildText("body")!;
    url = await ask(juliet, `link ${/decline (\d+)/.exec(line)![1]!}`, /http\S+\/p\/\S+/);
  }, 60_000);

  test("is seen in both schemes, wide and narrow, and moves nothing", async () => {
    const wide = await open(url);
    expect(await wide.evaluate("document.querySelector('.picture img').naturalWidth")).toBe(96);
    expect(await wide.locator("dl").textContent()).toContain("romeo@example.test");
    // Its own sheet is let in by its hash.
    expect(await wide.evaluate("getComputedStyle(document.querySelector('main')).maxWidth")).not.toBe("none");
    await done(wide, "page");
    const narrow = await open(url, { ...NARROW, locale: "de", javaScriptEnabled: true });
    await narrow.locator("summary").click();
    await narrow.getByRole("button", { name: "Ablehnen" }).waitFor();
    await done(narrow, "page-narrow-dark");
    expect(await ask(romeo, "status", /Verona\.png[^\n]*(offered|waiting)/)).toBeDefined();
  });

  test("gives the file, byte by byte, and delivers it", async () => {
    const page = await open(url, { acceptDownloads: true });
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]); // prettier-ignore
    expect(download.suggestedFilename()).toBe("מכתב – Verona.png");
    expect(sha256(await readFile(await download.path()))).toBe(sha256(await bytes));
    await done(page);
    await romeo.waitMessage(office.bot, /^juliet@example\.test has מכתב – Verona\.png/);
  });

  test("is where she declines, and what is over says so", async () => {
    await romeo.say(office.bot, `send 1 to ${JULIET}`);
    const line = (await juliet.waitMessage(office.bot, /has a file for you: Verona bei Nacht.*decline \d+/)).getChildText("body")!; // prettier-ignore
    const second = await ask(juliet, `link ${/decline (\d+)/.exec(line)![1]!}`, /http\S+\/p\/\S+/);
    const page = await open(second, { javaScriptEnabled: false });
    await page.locator("summary").click();
    await page.getByRole("button", { name: "Decline it" }).click();
    await page.getByText("You have declined it").waitFor();
    await page.goto(second);
    expect(await page.locator("main").textContent()).toContain("This link has ended.");
    await done(page, "page-over");
    await romeo.waitMessage(office.bot, /^juliet@example\.test does not want Verona bei Nacht/);
  });
});
