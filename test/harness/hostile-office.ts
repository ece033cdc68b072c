/** Restante behind a real Prosody, with people who mean ill, and one who does not and must always be served. */
import { expect } from "@jest/globals";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { xml, xmppUser, type Element, type XmppUser } from "./clients/xmppjs.js";
import { hostileWeb, type HostileWeb, type RawRequest } from "./hostile-web.js";
import { startProsody, type Prosody } from "./prosody.js";
import { startRestante, type Restante, type RestanteOptions } from "./restante.js";
import { vitals, type Vitals } from "./vitals.js";

/** A file as a message shares it (XEP-0447, XEP-0066). */
export interface Share {
  readonly name?: string;
  readonly size?: string | number;
  readonly sha256?: string;
}

export interface Person extends XmppUser {
  /** Says it and answers the bot's next words that fit. */
  ask(text: string, answer: RegExp): Promise<string>;
  /** Sends a link and answers the bot's next words about it. */
  share(url: string, file: Share | undefined, answer: RegExp): Promise<string>;
  /** Has a file handed over, and answers the message with its link. */
  get(which: string): Promise<Element>;
}

export interface HostileOffice {
  readonly server: Prosody;
  readonly restante: Restante;
  readonly bot: string;
  /** On loopback; paths without an answer of their own give 404. */
  readonly web: HostileWeb;
  /** The URL of a path that is answered so. */
  serve(path: string, answer: (request: RawRequest) => void): string;
  person(name: string, domain?: string): Promise<Person>;
  /** An ordinary member still gets an ordinary answer. */
  serves(): Promise<void>;
  /** How much more it holds now than at the start, after it was warmed up. */
  growth(): Promise<Vitals>;
  close(): Promise<void>;
}

/** Another domain of the same server, whose people are no members; tybalt and his password are there. */
export const ELSEWHERE = "elsewhere.test";

export async function openHostileOffice(options: (web: HostileWeb) => RestanteOptions): Promise<HostileOffice> {
  const server = await startProsody({ extra: `VirtualHost "${ELSEWHERE}"\n` });
  const accounts = join(dirname(server.log), "data", ELSEWHERE.replace(".", "%2e"), "accounts");
  await mkdir(accounts, { recursive: true });
  await writeFile(join(accounts, "tybalt.dat"), `return { ["password"] = "tybaltpw" };\n`);
  const routes = new Map<string, (request: RawRequest) => void>();
  const web = await hostileWeb((request) => {
    const answer = routes.get(request.path);
    if (answer) answer(request);
    else request.socket.end("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
  });
  const restante = await startRestante(server, options(web));
  const bot = restante.contact;
  const people: Person[] = [];

  async function person(name: string, domain = server.domain): Promise<Person> {
    const user = await xmppUser({ domain, c2sPort: server.c2sPort }, name);
    const next = async (answer: RegExp): Promise<string> =>
      (await user.waitMessage(bot, answer)).getChildText("body") ?? "";
    const one: Person = {
      ...user,
      async ask(text, answer) {
        await user.say(bot, text);
        return next(answer);
      },
      async share(url, file, answer) {
        await user.send(shareOf(bot, url, file));
        return next(answer);
      },
      async get(which) {
        await user.say(bot, `get ${which}`);
        return user.waitStanza((s) => s.is("message") && s.getChild("x", "jabber:x:oob") !== undefined);
      },
    };
    people.push(one);
    return one;
  }

  const nurse = await person("nurse");
  const serves = async (): Promise<void> => {
    expect(await nurse.ask("list", /./)).toMatch(/^You keep 0 files/);
  };
  for (let i = 0; i < 20; i++) await serves();
  const before = await vitals(restante.process.pid);

  return {
    server,
    restante,
    bot,
    web,
    person,
    serves,
    serve(path, answer) {
      routes.set(path, answer);
      return web.url + path;
    },
    async growth() {
      const now = await vitals(restante.process.pid);
      return { rss: now.rss - before.rss, descriptors: now.descriptors - before.descriptors };
    },
    async close() {
      for (const one of people) await one.stop();
      await web.stop();
      await restante.remove();
      await server.remove();
    },
  };
}

let shares = 0;

function shareOf(to: string, url: string, file: Share | undefined): Element {
  const oob = xml("x", { xmlns: "jabber:x:oob" }, xml("url", {}, url));
  const message = xml("message", { to, type: "chat", id: `s${++shares}` }, xml("body", {}, url), oob);
  if (!file) return message;
  const facts = xml("file", { xmlns: "urn:xmpp:file:metadata:0" });
  if (file.name !== undefined) facts.append(xml("name", {}, file.name));
  if (file.size !== undefined) facts.append(xml("size", {}, String(file.size)));
  if (file.sha256 !== undefined)
    facts.append(xml("hash", { xmlns: "urn:xmpp:hashes:2", algo: "sha-256" }, Buffer.from(file.sha256, "hex").toString("base64"))); // prettier-ignore
  const source = xml("url-data", { xmlns: "http://jabber.org/protocol/url-data", target: url });
  message.append(xml("file-sharing", { xmlns: "urn:xmpp:sfs:0", disposition: "inline" }, facts, xml("sources", {}, source))); // prettier-ignore
  return message;
}
