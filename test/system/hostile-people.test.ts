/** People who want what is not theirs, or to know what is not their business, against the program itself behind a real Prosody. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { xml, type Element } from "../harness/clients/xmppjs.js";
import { ELSEWHERE, openHostileOffice, type HostileOffice, type Person } from "../harness/hostile-office.js";
import { head } from "../harness/hostile-web.js";

let office: HostileOffice;
let romeo: Person, juliet: Person, mercutio: Person, tybalt: Person;
const tokens = new Set<string>();
beforeAll(async () => {
  office = await openHostileOffice(() => ({ config: { limits: { commands: 10_000 }, log: { level: "trace" } } }));
  romeo = await office.person("romeo");
  juliet = await office.person("juliet");
  mercutio = await office.person("mercutio");
  tybalt = await office.person("tybalt", ELSEWHERE);
  for (const one of [romeo, juliet, mercutio]) await one.subscribe(office.bot);
}, 60_000);
afterEach(() => office.serves());
afterAll(() => office?.close());

/** The same text for the same stanza: a server may turn attributes round. */
const plain = (node: Element | string): unknown =>
  typeof node === "string" ? node : [node.name, Object.entries(node.attrs).sort(), node.children.map(plain)];

const bare = (stanza: Element): string => String(stanza.attrs["from"]).split("/")[0]!;

let kept = 0;

/** Romeo keeps a file; answers its number. */
async function keep(name: string): Promise<number> {
  const bytes = randomBytes(1000);
  const url = office.serve(`/${++kept}/${name}`, ({ socket }) => {
    socket.write(head(200, { "Content-Length": bytes.length }));
    socket.end(bytes);
  });
  return Number(/as number (\d+)/.exec(await romeo.share(url, undefined, /I keep/))![1]);
}

/** Romeo sends it to Juliet, who is there; answers the link that she gets. */
async function send(file: number): Promise<string> {
  await romeo.ask(`send ${file} to ${juliet.bare}`, /waits for/);
  const offer = await juliet.waitStanza((s) => s.is("message") && s.getChild("x", "jabber:x:oob") !== undefined);
  const link = offer.getChildText("body")!;
  tokens.add(new URL(link).pathname.split("/")[2]!);
  return link;
}

const state = async (file: number): Promise<string> =>
  /juliet@\S+ · (.+?) · /.exec(await romeo.ask(`status ${file}`, new RegExp(`\\(number ${file}\\):\n`)))![1]!;

describe("files of others", () => {
  test.each(["get", "del", "link", "resend", "status", "send", "accept", "decline"])(
    "%s, by number and by name",
    async (word) => {
      const name = `secret of ${word}.txt`;
      const file = await keep(encodeURIComponent(name));
      await send(file);
      for (const which of [String(file), `"${name}"`]) {
        const said = await mercutio.ask(`${word} ${which}${word === "send" ? ` to ${mercutio.bare}` : ""}`, /./);
        expect(said).toMatch(/^(You have no file|Nothing is waiting for you under) (number|“secret)/);
      }
      expect(mercutio.stanzas.filter((s) => s.getChild("x", "jabber:x:oob"))).toEqual([]);
      expect(await state(file)).toBe("offered");
    },
  );

  test("a recipient cannot give away or take back what was sent to her", async () => {
    const name = "for your eyes only.txt";
    const file = await keep(encodeURIComponent(name));
    await send(file);
    for (const word of ["resend", "send"])
      expect(await juliet.ask(`${word} "${name}"${word === "send" ? ` to ${mercutio.bare}` : ""}`, /^You/)).toMatch(/no file/); // prettier-ignore
    const said = await juliet.ask(`link "${name}"`, /http/);
    expect(said).toContain(`from ${romeo.bare}, until `);
    const hers = new URL(/http\S+\/g\/\S+/.exec(said)![0]);
    tokens.add(hers.pathname.split("/")[2]!);
    expect((await fetch(hers, { method: "HEAD" })).status).toBe(200);
    expect(await juliet.ask(`del "${name}"`, /Declined/)).toContain(romeo.bare);
    expect((await fetch(hers)).status).toBe(410);
    expect(await juliet.ask(`link "${name}"`, /./)).not.toContain("http");
    expect(await romeo.ask("list", /You keep/)).toContain(name);
  });
});

describe("links", () => {
  const statusOf = async (url: string, init: RequestInit = {}): Promise<number> => {
    const answer = await fetch(url, init);
    await answer.arrayBuffer();
    return answer.status;
  };

  test("looking at a file, or at a part of it, is not having it", async () => {
    const file = await keep("part.bin");
    const link = await send(file);
    expect(await statusOf(link, { method: "HEAD" })).toBe(200);
    expect(await statusOf(link, { headers: { Range: "bytes=0-99" } })).toBe(206);
    expect(await statusOf(link, { headers: { Range: "bytes=-1" } })).toBe(206);
    expect(await state(file)).toMatch(/offered|on its way/);
    expect(await statusOf(link, { headers: { Range: "bytes=100-998" } })).toBe(206);
    await romeo.waitMessage(office.bot, new RegExp(`^juliet@example.test has part.bin \\(number ${file}\\)`));
    expect(await state(file)).toBe("delivered");
  });

  test("of a declined parcel end, of a deleted file are not there", async () => {
    const declined = await keep("declined.bin");
    const ended = await send(declined);
    await juliet.ask("decline declined.bin", /^Declined/);
    expect(await statusOf(ended)).toBe(410);
    const deleted = await keep("deleted.bin");
    const gone = await send(deleted);
    await romeo.ask(`del ${deleted}`, /Taken back from juliet@example.test/);
    expect(await statusOf(gone)).toBe(404);
  });

  test("whatever is wrong about one, the answer is the same", async () => {
    const link = new URL(await send(await keep("right.bin")));
    const token = link.pathname.split("/")[2]!;
    const wrong = [
      "", "x", "%2e%2e%2f", "A".repeat(22), "A".repeat(10_000), token.slice(0, -1), `${token}A`, token.toLowerCase(),
      encodeURIComponent(`${token}/x`), `${token}%00`,
    ]; // prettier-ignore
    const answers = new Set<string>();
    for (const text of wrong) {
      const answer = await fetch(`${office.restante.webUrl}/g/${text}/right.bin`);
      const headers = [...answer.headers].filter(([name]) => name !== "date");
      answers.add(JSON.stringify([answer.status, await answer.text(), headers]));
    }
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).toMatch(/^\[404,"There is nothing here/);
  });

  test("figures are for this machine alone, and for everybody else not even there", async () => {
    const at = (path: string, headers: Record<string, string> = {}): Promise<Response> => fetch(office.restante.webUrl + path, { headers }); // prettier-ignore
    expect(await (await at("/metrics")).text()).toContain("restante_files");
    const nothing = await (await at("/nothing")).text();
    for (const brought of ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"]) {
      const answer = await at("/metrics", { [brought]: "127.0.0.1" });
      expect([answer.status, await answer.text()]).toEqual([404, nothing]);
    }
  });
});

describe("somebody from elsewhere", () => {
  test("can neither keep nor send, and nothing that he says reaches anybody", async () => {
    const before = juliet.stanzas.length;
    const url = office.serve("/tybalt.bin", ({ socket }) => void socket.end(head(200, { "Content-Length": 0 })));
    const no = /^I serve the people of example\.test only/;
    expect(await tybalt.share(url, undefined, /./)).toMatch(no);
    for (const text of ["help", "list", `send 1 to ${juliet.bare}`, `${juliet.bare}: thou art a villain`]) expect(await tybalt.ask(text, /./)).toMatch(no); // prettier-ignore
    for (const local of ["juliet\\40example.test", "juliet", "nobody"]) {
      await tybalt.say(`${local}@${office.server.component}`, "a villain");
      await tybalt.waitMessage(`${local}@${office.server.component}`, no);
    }
    await tybalt.subscribe(office.bot);
    expect(await tybalt.share(`${url}?2`, undefined, /./)).toMatch(no);
    expect(await tybalt.ask("list", /./)).toBe("Nothing waits for you.");
    expect(await tybalt.ask(`send 1 to ${juliet.bare}`, /./)).toBe("You may not do that.");
    // What waits for somebody else is to him what never was.
    const secret = "secret of link.txt";
    const never = "a letter that nobody ever sent";
    const noes = new Set<string>();
    for (const which of ["1", "3", "9999", `"${secret}"`, `"${never}"`])
      noes.add((await tybalt.ask(`link ${which}`, /./)).replace(/number \d+|“.+?”(?=\.)/, "WHICH"));
    expect([...noes]).toEqual(["You have no file WHICH. Say “list” for what you have."]);
    expect(office.web.requests.filter(({ path }) => path.startsWith("/tybalt"))).toEqual([]);
    expect(await juliet.ask("list", /./)).toBeDefined();
    expect(juliet.stanzas.slice(before).join("")).not.toContain("villain");
  });

  test("is told the same of everybody, whether she is there, away, or nobody at all", async () => {
    const questions = [
      ["get", "query", "http://jabber.org/protocol/disco#info"], ["get", "query", "http://jabber.org/protocol/disco#items"], ["get", "query", "jabber:iq:version"],
      ["get", "query", "jabber:iq:last"], ["get", "ping", "urn:xmpp:ping"], ["get", "time", "urn:xmpp:time"], ["get", "vCard", "vcard-temp"], ["get", "query", "jabber:iq:gateway"],
      ["set", "query", "jabber:iq:roster"], ["set", "vCard", "vcard-temp"], ["get", "nonsense", "nonsense"],
    ] as const; // prettier-ignore
    let id = 0;
    /** Without what names the person, the question, or the second. */
    async function told(local: string, person: string): Promise<string> {
      const jid = `${local}@${office.server.component}`;
      const answers: string[] = [];
      const note = (answer: Element): void => {
        const text = JSON.stringify(plain(answer)).replaceAll(JSON.stringify(jid).slice(1, -1), "JID");
        answers.push(text.replaceAll(person, "PERSON").replace(/"q\d+"/, '"ID"').replace(/(?<=\["utc",\[\],\[")[^"]+/, "UTC")); // prettier-ignore
      };
      const take = async (what: Element): Promise<void> => {
        const mine = `q${++id}`;
        what.attrs["id"] = mine;
        await tybalt.send(what);
        note(await tybalt.waitStanza((s) => s.attrs["id"] === mine));
      };
      for (const to of [jid, `${jid}/test`, `${jid}/restante`])
        for (const [type, name, xmlns] of questions) await take(xml("iq", { type, to }, xml(name, { xmlns })));
      const isWord = (s: Element): boolean => s.is("presence") && bare(s) === jid;
      await tybalt.presence({ to: jid, type: "subscribe" });
      note(await tybalt.waitStanza(isWord));
      if (answers.at(-1)!.includes('"subscribed"')) note(await tybalt.waitStanza(isWord));
      return answers.join("\n");
    }
    const there = await told("juliet\\40example.test", juliet.bare);
    expect(there).toMatch(/"subscribed"/);
    expect(there).toContain("What is sent here, files and words, goes to PERSON.");
    expect(there).toMatch(/service-unavailable/);
    await mercutio.stop();
    expect(await told("mercutio\\40example.test", mercutio.bare)).toBe(there);
    expect(await told("benvolio\\40example.test", "benvolio@example.test")).toBe(there);

    // Nobody lives here, and from elsewhere to elsewhere there is no way.
    const nobody = await told("nobody", "nobody@example.test");
    expect(nobody).not.toMatch(/"result"|"subscribed"|goes to/);
    for (const local of ["juliet", "paris\\40elsewhere.test", "tybalt\\40elsewhere.test", "bot\\40files.example.test"])
      expect(await told(local, "PERSON")).toBe(nobody);
  });

  test("once he has added the bot: words to members, under his own name; the same silence whoever it is", async () => {
    const domain = office.server.component;
    const before = tybalt.stanzas.length;
    for (const name of ["mercutio", "benvolio", "juliet"]) await tybalt.say(`${name}\\40example.test@${domain}`, "Thou consort'st with Romeo"); // prettier-ignore
    const heard = await juliet.waitMessage(`tybalt\\40elsewhere.test@${domain}`, /consort/);
    expect(heard.getChild("x", "jabber:x:oob")).toBeUndefined();
    const paris = `paris\\40elsewhere.test@${domain}`;
    const isAnswered = async (): Promise<void> => {
      await tybalt.say(paris, "a word");
      await tybalt.waitMessage(paris, /is not an address that I can send to/);
    };
    await isAnswered();
    await juliet.ask(`block ${tybalt.bare}`, /You take nothing more/);
    // That he is blocked would tell him that she is there.
    await tybalt.say(`juliet\\40example.test@${domain}`, "Turn and draw");
    await isAnswered();
    await juliet.ask("list", /You keep/);
    expect(juliet.stanzas.join("")).not.toContain("Turn and draw");
    const answered = tybalt.stanzas.slice(before).filter((s) => s.is("message")).map(bare); // prettier-ignore
    expect(answered).toEqual([paris, paris]);
  });
});

describe("spellings", () => {
  test("whoever is blocked stays so, however he spells her", async () => {
    const file = await keep("letter.txt");
    await juliet.ask(`block ${romeo.bare}`, /You take nothing more/);
    const before = juliet.stanzas.length;
    for (const spelling of ["JULIET@EXAMPLE.TEST", "ｊｕｌｉｅｔ@example.test", "juliet@ｅxample.test", "juliet@example.test/balcony", "xmpp:juliet@example.test", "juliet\\40example.test@files.example.test", "JULIET\\40example.test@FILES.example.test", "jul\u200biet@example.test"])
      expect(await romeo.ask(`send ${file} to ${spelling}`, /not take|waits for|not an/)).toBe("juliet@example.test does not take files from you."); // prettier-ignore
    for (const spelling of ["jul\u00adiet@example.test", "jul\u034fiet@example.test", "juliet\ufe0f@example.test"])
      expect(await romeo.ask(`send ${file} to ${spelling}`, /not take|waits for|not an/)).toMatch(
        /is not an address that I can send to/,
      );
    await juliet.ask(`unblock ${romeo.bare}`, /again/);
    expect(juliet.stanzas.slice(before).filter((s) => /letter\.txt/.test(s.toString()))).toEqual([]);
  });

  test("a letter that only looks alike is another person's", async () => {
    const file = await keep("cyrillic.txt");
    const said = await romeo.ask(`send ${file} to juli\u0435t@example.test`, /waits for/);
    expect(said).toContain("juli\u0435t@example.test");
    expect(await juliet.ask("list", /You keep/)).not.toContain("cyrillic.txt");
  });

  test("the address that stands in for somebody means that person, and is none of our own", async () => {
    const file = await keep("behind.txt");
    const standIn = "juliet\\40example.test@files.example.test";
    const waits = `behind.txt (number ${file}) waits for juliet@example.test. I offer it the moment that juliet@example.test is there.`;
    expect(await romeo.ask(`send ${file} to ${standIn}`, /waits for|not an/)).toBe(waits);
    const offer = await juliet.waitMessage(office.bot, /behind\.txt \(/);
    expect(offer.getChildText("body")).toContain(`${romeo.bare} has a file for you`);
    expect(await romeo.ask(`status ${file}`, new RegExp(`\\(number ${file}\\):\n`))).not.toContain(
      "files.example.test",
    );
  });

  test("whoever the recipient is, there, away, or nobody at all, the sender reads the same", async () => {
    const file = await keep("same.txt");
    const said = new Set<string>();
    for (const who of [
      juliet.bare,
      mercutio.bare,
      "benvolio@example.test",
      "paris@elsewhere.test",
      "nobody@nowhere.test",
    ])
      said.add(
        (await romeo.ask(`send ${file} to ${who}`, /^same\.txt .*waits for|not an|not take/)).replaceAll(who, "PERSON"),
      );
    expect([...said]).toEqual([
      `same.txt (number ${file}) waits for PERSON. I offer it the moment that PERSON is there.`,
    ]);
  });

  test.each([
    "bot@files.example.test",
    "nobody@files.example.test",
    "bot@FILES.example.test.",
    "bot\\40files.example.test@files.example.test",
    "juliet\\5c40example.test\\40files.example.test@files.example.test",
    "xmpp:juliet@files.example.test",
  ])("%s is nobody to be sent to", async (address) => {
    const file = await keep("self.txt");
    expect(await romeo.ask(`send ${file} to ${address}`, /waits for|not an address|no group/)).toMatch(
      /is not an address that I can send to/,
    );
    expect(await romeo.ask(`status ${file}`, new RegExp(`\\(number ${file}\\)`))).not.toMatch(/waiting|offered/);
  });

  test.each(["files.example.test", "example.test", "juliet"])(
    "%s is a group's name, and nobody's address",
    async (word) => {
      const file = await keep("self.txt");
      const said = await romeo.ask(`send ${file} to ${word}`, /waits for|not an address|no group/);
      expect(said).toMatch(new RegExp(`^You have no group “${word.replaceAll(".", "\\.")}”\\.`));
      expect(await romeo.ask(`status ${file}`, new RegExp(`\\(number ${file}\\)`))).not.toMatch(/waiting|offered/);
    },
  );
});

test("no log has a token or the secret", async () => {
  const log = await readFile(join(office.restante.folder, "restante.log"), "utf8");
  expect(log).toContain('"msg":"download"');
  expect(tokens.size).toBeGreaterThan(10);
  for (const token of tokens) expect(log).not.toContain(token);
  expect(log).not.toContain(`"${office.server.secret}"`);
  expect(log).not.toMatch(/handshake/);
  await office.web.closed();
  expect((await office.growth()).descriptors).toBeLessThan(8);
});
