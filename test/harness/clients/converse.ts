/** Converse.js, the web client, in Chromium: its makers' own files on a page of ours, clicked and typed at as by a person. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Download, Locator, Page } from "playwright-core";
import { startChromium } from "../browser.js";
import type { Prosody } from "../prosody.js";
import { cache, type Client, type ClientOptions } from "./client.js";

const DIST = join(cache("converse.js-14.0.0"), "dist"); // test/setup has put it there
const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};
const DEADLINE = 20_000;

/** A message as it stands in the chat. */
export interface Shown {
  readonly text: string;
  readonly isMine: boolean;
  /** It bears the sign of a correction. */
  readonly isEdited: boolean;
  /** Where its links lead. */
  readonly links: readonly string[];
  /** Pictures, sounds and films within it. */
  readonly media: readonly string[];
}

/** A contact as the list shows it. */
export interface Contact {
  readonly name: string;
  /** "online", "away", "offline" … */
  readonly show: string;
  /** Whether there is a picture; else there are initials. */
  readonly isPictured: boolean;
}

export interface Converse extends Client {
  readonly page: Page;
  /** Adds somebody by the form for that, with a name of one's own. */
  add(jid: string, name?: string): Promise<void>;
  /** A line of the contact list, once it says that. */
  contact(jid: string, show: string): Promise<Contact>;
  /** Brings the chat with somebody, in the contact list or not, in front: `waitFor`, `shown` and what clicks look at that one. */
  open(jid: string): Promise<void>;
  /** The chat in front, oldest first. */
  shown(): Promise<Shown[]>;
  /** Clicks on a link. */
  click(url: string): Promise<Download>;
  /** Chooses from the menu of the last message that has this text: "Reply", "Retract" … */
  choose(text: string, entry: string): Promise<void>;
  /** Types a line into the chat in front and sends it. */
  type(text: string): Promise<void>;
  /** What the form for commands (XEP-0050) says when an address is asked for its own. */
  commands(jid: string): Promise<string>;
}

type ConverseServer = Pick<Prosody, "domain" | "httpPort">;

/**
 * Logs in with Converse.js by its form, in English. It reaches nothing but this machine; files go by HTTP upload.
 * `waitFor` sees the messages of the chat in front anew each time, and turns to whoever has written.
 */
export async function converse(server: ConverseServer, user: string, options: ClientOptions = {}): Promise<Converse> {
  const { password = `${user}pw` } = options;
  const jid = `${user}@${server.domain}`;
  const web = await serve(server);
  const browser = await startChromium();
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1000, height: 720 }, locale: "en" }); // prettier-ignore
  // The logos of those who pay for it are on its own site.
  await context.route(
    ({ hostname }) => hostname !== "127.0.0.1",
    (route) => route.abort(),
  );
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE);

  const of = (who: string): Locator => page.locator("converse-roster-contact").filter({ has: page.locator(`[data-jid=${JSON.stringify(who)}]`) }); // prettier-ignore
  const front = page.locator("converse-chat:not(.hidden)").first();
  const messages = front.locator("converse-chat-message");
  let lines: string[] = [];

  await page.goto(web.url);
  await page.fill("#converse-login [name=jid]", jid);
  await page.fill("#converse-login [name=password]", password);
  await page.click("#converse-login [type=submit]");
  await of(jid).waitFor();

  async function waitFor(pattern: RegExp, deadline = DEADLINE): Promise<RegExpExecArray> {
    const end = Date.now() + deadline;
    for (;;) {
      lines = await messages.locator(".chat-msg__message").allInnerTexts();
      const match = lines.map((line) => pattern.exec(line)).find((found) => found !== null);
      if (match) return match;
      const news = page.locator("converse-roster-contact .unread-msgs.open-chat").first();
      if (await news.isVisible()) await news.click();
      if (Date.now() > end) throw new Error(`Converse.js shows nothing like ${pattern}:\n${lines.join("\n")}`);
      await delay(100);
    }
  }

  async function add(who: string, name = ""): Promise<void> {
    await page.locator(".dropdown--contacts button").click();
    await page.locator(".dropdown--contacts .add-contact").click();
    const form = page.locator("form.add-xmpp-contact");
    await form.locator("input[name=jid]").fill(who);
    await form.locator("input[name=name]").fill(name);
    await form.locator("[type=submit]").click();
    await form.waitFor({ state: "hidden" });
    await of(who).first().waitFor();
  }

  async function open(who: string): Promise<void> {
    if ((await of(who).count()) > 0) await of(who).locator(".open-chat").first().click();
    else {
      await page.locator(".dropdown--contacts button").click();
      await page.locator(".dropdown--contacts .new-chat").click();
      await page.locator("converse-new-chat-modal input[name=jid]").fill(who);
      await page.locator("converse-new-chat-modal [type=submit]").click();
    }
    await front.locator("textarea").waitFor();
  }

  async function type(text: string): Promise<void> {
    await front.locator("textarea").fill(text);
    await front.locator("textarea").press("Enter");
  }

  async function end(): Promise<void> {
    await browser.close();
    await web.close();
  }

  return {
    jid,
    page,
    get lines() {
      return lines;
    },
    waitFor,
    add,
    subscribe: (to) => add(to),
    async contact(who, show) {
      const line = of(who).first();
      await line.locator(`.contact-name--${show}`).waitFor();
      return {
        name: await line.locator(".contact-name").innerText(),
        show,
        isPictured: (await line.locator("converse-avatar .avatar-initials").count()) === 0,
      };
    },
    open,
    shown: async () => Promise.all((await messages.locator(".chat-msg").all()).map(readMessage)),
    async click(url) {
      // It opens a tab, which what comes as an attachment takes away again: the download is the page's.
      const link = messages.locator(`a[href=${JSON.stringify(url)}]`).last();
      const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
      return download;
    },
    async choose(text, entry) {
      const message = messages.filter({ hasText: text }).last();
      // Its menus lie above each other when the chat moves beneath them.
      await message.locator("converse-message-actions").getByText(entry, { exact: true }).dispatchEvent("click");
      if (entry === "Retract") await page.locator(".modal.show [type=submit]").click();
    },
    type,
    async say(to, text) {
      await open(to);
      await type(text);
    },
    async sendFile(path, to) {
      await open(to);
      await front.locator("input.fileupload").setInputFiles(path);
    },
    async commands(who) {
      await page.locator(".show-client-info").click();
      const dialogue = page.locator("converse-user-settings-modal");
      await dialogue.locator("#commands-tab").click();
      const form = dialogue.locator("converse-adhoc-commands");
      await form.locator("input[name=jid]").fill(who);
      await form.locator("[type=submit]").click();
      const answer = form.locator(".alert, .list-group").first();
      await answer.waitFor();
      const text = await answer.innerText();
      await dialogue.locator(".modal-header [aria-label=Close]").click();
      await dialogue.waitFor({ state: "hidden" });
      return text;
    },
    async close() {
      await page.locator(".show-profile").click();
      await page.getByRole("button", { name: "Log out" }).click();
      await page.locator("converse-confirm-modal [type=submit]").click();
      await page.locator("#converse-login").waitFor();
      await end();
    },
    kill: end,
  };
}

async function readMessage(message: Locator): Promise<Shown> {
  const body = message.locator(".chat-msg__message");
  const all = async (what: string, name: string): Promise<string[]> =>
    Promise.all((await body.locator(what).all()).map(async (one) => (await one.getAttribute(name)) ?? ""));
  return {
    text: await body.innerText(),
    isMine: (await message.locator(".chat-msg__content--me").count()) > 0,
    isEdited: (await message.locator(".chat-msg__edit-modal").count()) > 0,
    links: await all("a[href]", "href"),
    media: await all(":is(img, audio, video)", "src"),
  };
}

/** The page that its makers' manual shows, beside their files. */
async function serve(to: ConverseServer): Promise<{ url: string; close(): Promise<void> }> {
  const settings = {
    view_mode: "fullscreen",
    assets_path: "/dist/",
    websocket_url: `ws://127.0.0.1:${to.httpPort}/xmpp-websocket`,
    discover_connection_methods: false,
    i18n: "en",
  };
  const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><link rel="stylesheet" href="/dist/converse.min.css">
    <body class="converse-fullscreen"><script type="module" src="/dist/converse.min.js"></script>
    <script type="module">converse.initialize(${JSON.stringify(settings)});</script>`;
  async function find(path: string): Promise<string | Buffer | undefined> {
    if (path === "/") return page;
    return path.startsWith("/dist/") ? readFile(join(DIST, path.slice(6))).catch(() => undefined) : undefined;
  }
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url!, "http://127.0.0.1").pathname);
    const type = path === "/" ? "text/html" : (TYPES[extname(path)] ?? "application/octet-stream");
    void find(path).then((body) =>
      response.writeHead(body === undefined ? 404 : 200, { "content-type": type }).end(body),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
