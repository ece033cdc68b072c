/** People's own addresses at the bot, as clients that nobody here wrote have them: in the contact list, online, sent to, and spoken to both ways. */
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { gajim } from "../harness/clients/gajim.js";
import { psi } from "../harness/clients/psi.js";
import { purple } from "../harness/clients/purple.js";
import { slixmpp } from "../harness/clients/slixmpp.js";
import { xml, xmppUser, type Element } from "../harness/clients/xmppjs.js";
import { befriend, fetched, openPostOffice, sha256, type PostOffice } from "../harness/post-office.js";
import { startProsody } from "../harness/prosody.js";

jest.setTimeout(180_000);

let office: PostOffice;
let at: (user: string) => string;
beforeAll(async () => {
  office = await openPostOffice(() => startProsody({ users: ["benvolio"] }));
  at = (user) => `${user}\\40${office.server.domain}@${office.server.component}`;
});
afterAll(() => office?.close());

/** A text as part of a pattern. */
const exactly = (text: string): string => text.replace(/[.\\+*?^$()[\]{}|]/g, "\\$&");

test("libpurple adds her, sends her a file by its own transfer, and Psi gets it by its own; they talk", async () => {
  const { server, bot } = office;
  await befriend(server, bot, "juliet");
  const letter = await office.letter("by my own hand.bin", 1_234_567);
  const romeo = await purple(server, "romeo");
  try {
    await romeo.subscribe(at("juliet"));
    await romeo.waitFor(new RegExp(`^PRESENCE ${exactly(at("juliet"))} available`));
    await romeo.sendFile(letter.path, at("juliet"));
    await romeo.waitFor(/^SENT /, 60_000);
    await romeo.waitFor(new RegExp(`^MESSAGE ${exactly(at("juliet"))}\\S* .*waits for juliet@`), 60_000);

    const juliet = await psi(server, "juliet");
    try {
      const [, path] = await juliet.waitFor(/^RECEIVED (.*)$/);
      expect(sha256(await readFile(path!))).toBe(letter.sha256);
      await romeo.waitFor(new RegExp(`^MESSAGE ${exactly(at("juliet"))}\\S* juliet@\\S+ has by my own hand\\.bin`));

      await romeo.say(at("juliet"), "Hast thou my letter?");
      await juliet.waitFor(new RegExp(`^MESSAGE ${exactly(at("romeo"))}\\S* Hast thou my letter\\?$`));
      await juliet.say(at("romeo"), "I have.");
      await romeo.waitFor(new RegExp(`^MESSAGE ${exactly(at("juliet"))}\\S* I have\\.$`));
    } finally {
      await juliet.close();
    }
  } finally {
    await romeo.close();
  }
});

test("Gajim adds her, sees her picture, sends her a link, and slixmpp gets it; they talk", async () => {
  const { server, bot } = office;
  await befriend(server, bot, "nurse");
  const letter = await office.letter("Brief 💌.bin", 345_678);
  const mercutio = await gajim(server, "mercutio");
  try {
    await mercutio.subscribe(at("nurse"));
    await mercutio.waitFor(new RegExp(`^PRESENCE ${exactly(at("nurse"))}/\\S+ online`));
    await mercutio.waitFor(new RegExp(`^AVATAR ${exactly(at("nurse"))}`));
    const nurse = await slixmpp(server, "nurse");
    try {
      await mercutio.sendFile(letter.path, at("nurse"));
      const link = await nurse.waitEvent((e) => !!e.oob && e.from?.split("/")[0] === bot, 60_000);
      expect(await fetched(link.oob!)).toBe(letter.sha256);
      await mercutio.waitFor(new RegExp(`^MESSAGE ${exactly(at("nurse"))}\\S* nurse@\\S+ has Brief`));

      await nurse.say(at("mercutio"), "Is it good?");
      await mercutio.waitFor(new RegExp(`^MESSAGE ${exactly(at("nurse"))}\\S* Is it good\\?$`));
      await mercutio.say(at("nurse"), "Nay, ’tis not so deep as a well.");
      await nurse.waitEvent((e) => e.from?.split("/")[0] === at("mercutio") && /deep as a well/.test(e.body ?? ""));
    } finally {
      await nurse.close();
    }
  } finally {
    await mercutio.close();
  }
});

test("the prompt, and every answer, are the same for somebody who is not there at all", async () => {
  const { server, bot } = office;
  await befriend(server, bot, "juliet");
  const nurse = await xmppUser(server, "nurse");
  const benvolio = await xmppUser(server, "benvolio");
  try {
    const everything = async (user: string): Promise<string> => {
      const prompt = xml("query", { xmlns: "jabber:iq:gateway" }, xml("prompt", {}, `${user}@${server.domain}`));
      const found = (await benvolio.request("set", server.component, prompt)).getChild("query")!.getChildText("jid")!;
      expect(found).toBe(at(user));
      const answers = [];
      for (const [name, xmlns] of [
        ["query", "http://jabber.org/protocol/disco#info"],
        ["vCard", "vcard-temp"],
        ["query", "jabber:iq:last"],
        ["ping", "urn:xmpp:ping"],
      ] as const)
        answers.push(String((await benvolio.request("get", found, xml(name, { xmlns }))).children.join("")));
      await benvolio.send(xml("presence", { to: found, type: "subscribe" }));
      const shown = await benvolio.waitStanza((s) => s.is("presence") && bareOf(s) === found && !s.attrs.type);
      return [...answers, ...shown.children.map(String)].join("\n").replaceAll(found, "HERE").replaceAll(`${user}@${server.domain}`, "HE"); // prettier-ignore
    };
    const ghost = await everything("ghost");
    expect(ghost).toContain("HE");
    // Away, and acquainted; and online, and a stranger.
    expect([await everything("juliet"), await everything("nurse")]).toEqual([ghost, ghost]);
  } finally {
    await benvolio.stop();
    await nurse.stop();
  }
});

test("it goes with the program, and is there again with it: nobody has to log in anew", async () => {
  const { server, restante } = office;
  const benvolio = await xmppUser(server, "benvolio", { resource: "again" });
  try {
    await benvolio.subscribe(at("paris"));
    const shown = (type?: string) => benvolio.waitStanza((s) => s.is("presence") && bareOf(s) === at("paris") && s.attrs.type === type); // prettier-ignore
    await shown();
    await restante.stop();
    await shown("unavailable");
    await restante.start();
    expect((await shown()).getChildText("status")).toContain(`paris@${server.domain}`);
  } finally {
    await benvolio.stop();
  }
});

const bareOf = (stanza: Element): string => String(stanza.attrs.from).split("/")[0]!;
