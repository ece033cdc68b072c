/** The contact, the presence directory and the privileges over real servers, with real clients. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { join } from "node:path";
import { openIndex } from "../../component/storage/index/open.js";
import type { Contact, Index, Resource } from "../../component/control/ports.js";
import { systemClock } from "../../component/lib/clock.js";
import { bare } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import { BotContact } from "../../component/messenger/contact.js";
import { verification } from "../../component/messenger/caps.js";
import { PresenceDirectory } from "../../component/messenger/presence.js";
import { Privilege } from "../../component/messenger/privilege.js";
import { StanzaRouter } from "../../component/messenger/router.js";
import { ComponentStream } from "../../component/messenger/stream.js";
import { NS_INFO, parseInfo } from "../../component/messenger/wire/xep0030-disco.js";
import { purple } from "../harness/clients/purple.js";
import { xml, xmppUser, type XmppUser } from "../harness/clients/xmppjs.js";
import { startEjabberd, type Ejabberd } from "../harness/ejabberd.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

interface Server {
  readonly domain: string;
  readonly component: string;
  readonly componentPort: number;
  readonly secret: string;
}

/** The messenger's presence side, with real records and an office that lists what it hears. */
class Presences {
  readonly offers: Resource[] = [];
  readonly #watchers = new Set<() => void>();
  readonly contact;
  readonly stream;
  readonly directory;
  readonly privilege;
  readonly me;

  constructor(server: Server, index: Index) {
    const log = createLog("silent");
    this.contact = bare(`bot@${server.component}`);
    this.stream = new ComponentStream({
      domain: server.component,
      server: `xmpp://127.0.0.1:${server.componentPort}`,
      secret: server.secret,
      log,
      limits: { pause: 20, longestPause: 100 },
    });
    const office = {
      available: (resource: Resource): void => {
        this.offers.push(resource);
        this.#look();
      },
      standIn: async (): Promise<void> => {},
      standing: async (jid: Contact["jid"], change: Partial<Contact>): Promise<void> => {
        await index.setContact(jid, change, Date.now());
        this.#look();
      },
    };
    const router = new StanzaRouter(this.stream, log);
    const shared = { router, stream: this.stream, index, office, contact: this.contact, log, clock: systemClock };
    this.directory = new PresenceDirectory(shared);
    this.privilege = new Privilege({ ...shared, directory: this.directory, hosts: [server.domain] });
    this.me = new BotContact({
      ...shared,
      directory: this.directory,
      name: "Restante",
      url: "",
      abuse: "mailto:abuse@example.test",
      features: ["urn:xmpp:receipts"],
      version: "0.0.0",
    });
  }

  async start(): Promise<void> {
    for (const part of [this.me, this.directory, this.privilege]) part.start();
    this.stream.onOnline(() => [this.me, this.directory].forEach((part) => part.connected()));
    this.stream.onOffline(() => [this.me, this.directory, this.privilege].forEach((part) => part.disconnected()));
    await this.stream.start();
  }

  async stop(): Promise<void> {
    await this.me.stop();
    this.directory.stop();
    await this.stream.stop();
  }

  /** Settles once `isSo`, which is looked at whenever the office hears something. */
  async until(isSo: () => boolean | Promise<boolean>, what: string, deadline = 15_000): Promise<void> {
    const signal = AbortSignal.timeout(deadline);
    for (;;) {
      const heard = this.#heard(signal); // before looking, so that nothing is missed meanwhile
      if (await isSo()) return;
      await heard.catch(() => {
        throw new Error(`${what}: not in ${deadline} ms; heard of ${this.offers.map((r) => r.jid).join(", ")}`);
      });
    }
  }

  /** The next time that the office hears of a client, or one that was not asked for yet. */
  async hears(jid: string): Promise<Resource> {
    const at = (): number => this.offers.findIndex((resource) => resource.jid === jid);
    await this.until(() => at() >= 0, `presence of ${jid}`);
    return this.offers.splice(at(), 1)[0]!;
  }

  #heard(signal: AbortSignal): Promise<void> {
    const heard = new Promise<void>((resolve, reject) => {
      const look = (): void => {
        this.#watchers.delete(look);
        resolve();
      };
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      this.#watchers.add(look);
    });
    heard.catch(() => undefined); // whoever gave up waiting does not want to know
    return heard;
  }

  #look(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

let folder: TempFolder;
let index: Index;
let bot: Presences;
const users: XmppUser[] = [];

async function openRecords(): Promise<void> {
  folder = await tempFolder("restante-presence");
  const url = `sqlite:${join(folder.path, "records.db")}`;
  index = openIndex(url, { log: createLog("silent"), clock: systemClock, role: "server" });
  await index.start();
}

async function closeRecords(): Promise<void> {
  await index.stop();
  await folder.remove();
}

async function logIn(server: Prosody | Ejabberd, name: string, options = {}): Promise<XmppUser> {
  const user = await xmppUser(server, name, options);
  users.push(user);
  return user;
}

async function raise(server: Server): Promise<void> {
  bot = new Presences(server, index);
  await bot.start();
}

afterEach(async () => {
  for (const user of users.splice(0)) await user.stop();
});

const isPresence = (from: string, type?: string) => (stanza: { name: string; attrs: Record<string, unknown> }) =>
  stanza.name === "presence" && stanza.attrs["from"] === from && stanza.attrs["type"] === type;

describe("Prosody", () => {
  let prosody: Prosody;
  beforeAll(async () => {
    prosody = await startProsody();
    await openRecords();
    await raise(prosody);
  }, 60_000);
  afterAll(async () => {
    await bot.stop();
    await closeRecords();
    await prosody.remove();
  });

  const isMutual = async (jid: string): Promise<boolean> => {
    const row = await index.contact(bare(jid));
    return row?.followed === true && row.follows && row.standing === "met";
  };

  test("adding the bot: both see each other, and the hash in its presence is right", async () => {
    const juliet = await logIn(prosody, "juliet");
    await juliet.subscribe(bot.contact);
    const shown = await juliet.waitStanza(isPresence(`${bot.contact}/restante`));
    await bot.hears(juliet.jid);
    await bot.until(() => isMutual(juliet.bare), "both subscriptions on record");

    const { node, ver } = shown.getChild("c", "http://jabber.org/protocol/caps")!.attrs as Record<string, string>;
    const answer = await juliet.request("get", `${bot.contact}/restante`, xml("query", { xmlns: NS_INFO, node: `${node}#${ver}` })); // prettier-ignore
    expect(verification(parseInfo(answer.getChild("query"))!)).toBe(ver);
    expect(bot.directory.knows(bare(juliet.bare))).toBe(true);
  });

  test("logging in and out is heard of, and the bot is there at each log-in", async () => {
    const first = await logIn(prosody, "juliet", { resource: "first" });
    await bot.hears(first.jid);
    await first.waitStanza(isPresence(`${bot.contact}/restante`));
    const second = await logIn(prosody, "juliet", { resource: "second" });
    await bot.hears(second.jid);
    expect(bot.directory.resources(bare(first.bare)).map((r) => r.jid)).toEqual([second.jid, first.jid]);
    await first.stop();
    await second.presence({}, xml("show", {}, "dnd"));
    await second.presence();
    await bot.hears(second.jid);
    expect(bot.directory.resources(bare(first.bare)).map((r) => r.jid)).toEqual([second.jid]);
  });

  test("a bot that was away finds out who is online by asking, and is seen again", async () => {
    const juliet = await logIn(prosody, "juliet");
    await bot.hears(juliet.jid);
    await juliet.waitStanza(isPresence(`${bot.contact}/restante`));
    await bot.stop();
    await juliet.waitStanza(isPresence(`${bot.contact}/restante`, "unavailable"));
    await raise(prosody);
    await bot.hears(juliet.jid);
    await juliet.waitStanza(isPresence(`${bot.contact}/restante`));
  });

  test("after Prosody's restart everything works as before", async () => {
    await logIn(prosody, "juliet");
    await bot.hears(users[0]!.jid);
    await prosody.restart();
    users.splice(0);
    await new Promise<void>((resolve) => (bot.stream.online ? resolve() : bot.stream.onOnline(resolve)));
    const juliet = await logIn(prosody, "juliet", { resource: "again" });
    await bot.hears(juliet.jid);
    await juliet.waitStanza(isPresence(`${bot.contact}/restante`));
    expect(bot.directory.resources(bare(juliet.bare)).map((r) => r.jid)).toEqual([juliet.jid]);
  });

  test("adding the domain leads to the contact", async () => {
    const nurse = await logIn(prosody, "nurse");
    await nurse.subscribe(prosody.component);
    await nurse.waitStanza(isPresence(`${prosody.component}/restante`));
    await bot.hears(nurse.jid);
    await bot.until(async () => (await index.contact(bare(nurse.bare)))?.followed === true, "the contact's request");
  });

  test("removing the bot ends both", async () => {
    const nurse = await logIn(prosody, "nurse");
    await nurse.subscribe(bot.contact);
    await bot.until(() => isMutual(nurse.bare), "both subscriptions on record");
    await nurse.request("set", undefined, xml("query", { xmlns: "jabber:iq:roster" }, xml("item", { jid: bot.contact, subscription: "remove" }))); // prettier-ignore
    await bot.until(async () => {
      const row = await index.contact(bare(nurse.bare));
      return row?.followed === false && !row.follows;
    }, "both subscriptions struck out");
    expect(bot.directory.knows(bare(nurse.bare))).toBe(false);
  });

  test("Pidgin's engine: its capabilities are asked for and believed", async () => {
    const romeo = await purple(prosody, "romeo");
    await romeo.subscribe(bot.contact);
    const jid = `romeo@${prosody.domain}/purple`;
    await bot.hears(jid);
    const client = (): Resource | undefined => bot.directory.resources(bare(romeo.jid)).find((r) => r.jid === jid);
    await bot.until(
      () => client()?.can("http://jabber.org/protocol/si/profile/file-transfer") === true,
      "its features",
    );
    expect(client()!.can("urn:xmpp:jingle:apps:file-transfer:5")).toBe(false);
    await romeo.close();
  });

  test("nobody else is there, and every question about somebody gets the same answer", async () => {
    const juliet = await logIn(prosody, "juliet");
    const query = (): ReturnType<typeof xml> => xml("query", { xmlns: NS_INFO });
    for (const local of ["romeo\\40example.test", "someone"])
      await expect(juliet.request("get", `${local}@${prosody.component}`, query())).rejects.toThrow(/service-unavailable/);
    const domain = await juliet.request("get", prosody.component, query());
    expect(domain.toString()).not.toMatch(/http:upload|bytestreams/);
    expect(domain.toString()).toContain("mailto:abuse@example.test");
  }); // prettier-ignore
});

describe("ejabberd, with privileges (XEP-0356)", () => {
  let ejabberd: Ejabberd;
  beforeAll(async () => {
    const modules = "  mod_privilege:\n    roster: { both: all }\n    presence: { managed_entity: all, roster: all }";
    ejabberd = await startEjabberd({ modules });
    await openRecords();
  }, 90_000);
  afterAll(async () => {
    await bot.stop();
    await closeRecords();
    await ejabberd.remove();
  });

  const ping = (): ReturnType<typeof xml> => xml("ping", { xmlns: "urn:xmpp:ping" });

  test("nobody subscribes, yet everybody's coming and going is seen", async () => {
    await raise(ejabberd);
    const early = await logIn(ejabberd, "juliet");
    await bot.hears(early.jid);
    expect(bot.privilege.of(ejabberd.domain)).toEqual({ presence: "roster", roster: "both" });
    // ejabberd tells of clients that say good-bye, not of those that drop: the directory's `lost` is for them.
    await early.presence({ type: "unavailable" });
    await early.request("get", undefined, ping());
    const late = await logIn(ejabberd, "juliet", { resource: "late" });
    await bot.hears(late.jid);
    expect(bot.directory.resources(bare(late.bare)).map((r) => r.jid)).toEqual([late.jid]);
    expect(bot.directory.size).toEqual({ followed: 1, strangers: 0 });
    bot.directory.follow(bare(`romeo@${ejabberd.domain}`));
    const romeo = await logIn(ejabberd, "romeo");
    await bot.hears(romeo.jid);
    await romeo.request("get", undefined, ping());
    expect(romeo.stanzas.some((s) => s.is("presence") && s.attrs.type === "subscribe")).toBe(false);
  });

  test("adding the bot works as everywhere", async () => {
    const nurse = await logIn(ejabberd, "nurse");
    await nurse.subscribe(bot.contact);
    await nurse.waitStanza(isPresence(`${bot.contact}/restante`));
    await bot.until(async () => {
      const row = await index.contact(bare(nurse.bare));
      return row?.followed === true && row.follows;
    }, "both subscriptions on record");
  });
});
