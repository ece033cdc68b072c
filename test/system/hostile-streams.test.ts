/** Byte streams with peers that mean ill, against the program itself behind a real Prosody: who may speak in which, sizes, hashes, blocks. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { filesUnder, blobFolder, openAudit } from "../harness/audit.js";
import { accepted, connected, contentOf, hostIn, sendByJingle, speaksJingle, takesJingle } from "../harness/clients/jingle-peer.js"; // prettier-ignore
import { sendBySi } from "../harness/clients/si-peer.js";
import * as words from "../harness/clients/stream-words.js";
import { answerTo, goodBye, heard } from "../harness/clients/stream-words.js";
import { xml, xmppUser, type Element, type XmppUser } from "../harness/clients/xmppjs.js";
import { ELSEWHERE, openHostileOffice, type HostileOffice, type Person } from "../harness/hostile-office.js";
import { Tape } from "../harness/tape.js";

const KIB = 1024;
const UNKNOWN = "cancel item-not-found unknown-session";

let office: HostileOffice;
let bot: string;
let romeo: Person, mercutio: Person, juliet: Person;
/** Romeo with another client. */
let other: XmppUser;
beforeAll(async () => {
  office = await openHostileOffice(() => ({ config: { limits: { commands: 10_000, file: "256 KiB", quota: "2 MiB", transfers: 4 } } })); // prettier-ignore
  bot = `${office.bot}/restante`;
  romeo = await office.person("romeo");
  mercutio = await office.person("mercutio");
  juliet = await office.person("juliet");
  other = await xmppUser(office.server, "romeo", { resource: "other", available: false });
  for (const user of [romeo, mercutio, juliet]) speaksJingle(user);
  for (const user of [romeo, juliet]) await user.subscribe(office.bot);
}, 60_000);
afterEach(async () => {
  await office.serves();
  const kept = await romeo.ask("list", /^You keep/);
  // What one case has left is not held against the next.
  for (const [, number] of kept.matchAll(/^(\d+) · /gm)) await romeo.ask(`del ${number}`, /^Deleted/);
  expect(kept).toMatch(/^You keep 0 files/);
  await honest();
});
afterAll(async () => {
  await other?.stop();
  await office?.close();
});

let count = 0;

/** Somebody else's transfer succeeds. */
async function honest(): Promise<void> {
  const tape = new Tape(`honest-${++count}.bin`, 100_000);
  if (count % 2 === 0) await sendBySi(mercutio, bot, tape);
  else await sendByJingle(mercutio, bot, tape.name, tape.read(0, tape.size));
  const said = (await mercutio.waitMessage(office.bot, new RegExp(`I keep ${tape.name}`))).getChildText("body")!;
  await mercutio.ask(`del ${numberIn(said)}`, /^Deleted/);
}

const numberIn = (said: string): number => Number(/as number (\d+)/.exec(said)![1]);

/** What the bot tells Romeo about a file. */
const told = async (name: string, words: RegExp): Promise<string> =>
  (await romeo.waitMessage(office.bot, new RegExp(`${name}.*(${words.source})`))).getChildText("body")!;

/** It is kept with these bytes; Romeo deletes it. */
async function keptAs(name: string, bytes: Uint8Array): Promise<void> {
  const number = numberIn(await told(name, /as number/));
  const link = (await romeo.get(String(number))).getChild("x", "jabber:x:oob")!.getChildText("url")!;
  expect(Buffer.from(await (await fetch(link)).arrayBuffer()).equals(bytes)).toBe(true);
  await romeo.ask(`del ${number}`, /^Deleted/);
}

/** What came of a cut transfer is forgotten. */
async function forget(name: string): Promise<void> {
  await told(name, /transfer of .* was cut|was cut: I have/);
  await romeo.ask(`del ${name}`, /./);
}

/** Offers a file by SI; the stream's id when it was accepted. */
async function offered(name: string, size: number, method = words.IBB): Promise<string> {
  const sid = randomUUID();
  expect(await answerTo(romeo, bot, words.siOffer(sid, { name, size: String(size) }, method))).toBe("ok");
  return sid;
}

/** The same, and the in-band stream is open. */
async function opened(name: string, size: number): Promise<string> {
  const sid = await offered(name, size);
  expect(await answerTo(romeo, bot, words.open(sid))).toBe("ok");
  return sid;
}

describe("what belongs to somebody else", () => {
  const strangers = (): readonly XmppUser[] => [mercutio, other];
  const BYTES = randomBytes(1000);

  test("an in-band stream: opened, written to and closed by others", async () => {
    const sid = await offered("mine.bin", BYTES.length);
    for (const stranger of strangers()) expect(await answerTo(stranger, bot, words.open(sid))).toBe("cancel not-acceptable"); // prettier-ignore
    expect(await answerTo(romeo, bot, words.open(sid))).toBe("ok");
    for (const stranger of strangers()) {
      expect(await answerTo(stranger, bot, words.block(sid, 0, randomBytes(1000)))).toBe("cancel item-not-found");
      expect(await answerTo(stranger, bot, words.close(sid))).toBe("cancel item-not-found");
    }
    // Nor is it another stream because it is addressed to another of our addresses.
    expect(await answerTo(romeo, office.bot, words.block(sid, 0, BYTES))).toBe("cancel item-not-found");
    expect(await answerTo(romeo, bot, words.block(sid, 0, BYTES))).toBe("ok");
    expect(await answerTo(romeo, bot, words.close(sid))).toBe("ok");
    await keptAs("mine.bin", BYTES);
  });

  test("a stream initiation: hosts named by others are not dialled", async () => {
    const sid = await offered("hosts.bin", BYTES.length, words.BYTESTREAMS);
    for (const stranger of strangers())
      expect(await answerTo(stranger, bot, words.hosts(sid, stranger.jid, [["127.0.0.1", office.server.httpPort]]))).toBe("modify not-acceptable"); // prettier-ignore
    expect(await answerTo(romeo, bot, words.open(sid))).toBe("ok"); // in-band is what is left
    expect(await answerTo(romeo, bot, words.block(sid, 0, BYTES))).toBe("ok");
    await keptAs("hosts.bin", BYTES);
  });

  test("a Jingle session: nothing that others say in it is heard", async () => {
    const sid = randomUUID();
    const answer = await accepted(romeo, bot, sid, words.description("jingle.bin", 1000), words.socksTransport("t"));
    const { cid } = hostIn(answer);
    const transport = words.content(words.socksTransport("t", xml("candidate-used", { cid })));
    for (const stranger of strangers()) {
      speaksJingle(stranger);
      const attempts = [
        words.terminate(sid, "cancel"), words.jingle("transport-info", sid, transport), words.checksum(sid, randomBytes(3)),
        words.jingle("transport-replace", sid, words.content(words.inBandTransport("t2"))), words.jingle("session-accept", sid, transport),
        words.jingle("content-remove", sid, words.content()), words.jingle("session-info", sid),
      ]; // prettier-ignore
      for (const attempt of attempts) expect(await answerTo(stranger, bot, attempt)).toBe(UNKNOWN);
    }
    const socket = await connected(romeo, bot, sid, answer);
    socket.end(BYTES);
    expect(await goodBye(romeo, sid)).toBe("success");
    await keptAs("jingle.bin", BYTES);
  });

  test("an offer of ours: only whom it was made to can take it", async () => {
    await sendByJingle(romeo, bot, "for-juliet.bin", BYTES);
    const number = numberIn(await told("for-juliet.bin", /as number/));
    await takesJingle(juliet);
    await romeo.ask(`send ${number} to ${juliet.bare}`, /waits for/);
    const offer = await juliet.waitStanza((s) => s.getChild("jingle")?.attrs["action"] === "session-initiate");
    const sid = String(offer.getChild("jingle")!.attrs["sid"]);
    const { address, port } = hostIn(contentOf(offer));
    for (const stranger of strangers()) {
      expect(await answerTo(stranger, bot, words.jingle("session-accept", sid, contentOf(offer)))).toBe(UNKNOWN); // prettier-ignore
      expect(await answerTo(stranger, bot, words.terminate(sid, "success"))).toBe(UNKNOWN);
    }
    // Nor does she have it by saying so.
    const received = words.jingle("session-info", sid, xml("received", { xmlns: words.FILE_TRANSFER, creator: "initiator", name: "file" })); // prettier-ignore
    await answerTo(juliet, bot, received);
    await answerTo(juliet, bot, words.terminate(sid, "success"));
    await juliet.waitMessage(office.bot, /^http/); // the link is next
    expect(await romeo.ask(`status ${number}`, /for-juliet/)).toMatch(/offered/);
    expect((await words.join(port, address)).verdict).toBe(2);
    await romeo.ask(`del ${number}`, /./);
    await juliet.presence();
  });
});

describe("sizes that are not so", () => {
  const SAID = 50_000;

  /** Each sends `got` of SAID bytes, and answers the last word of a Jingle session, where there is one. */
  const WAYS: readonly (readonly [string, (name: string, got: number) => Promise<string | undefined>])[] = [
    [
      "Jingle over SOCKS5",
      async (name, got) => {
        const sid = randomUUID();
        const answer = await accepted(romeo, bot, sid, words.description(name, SAID), words.socksTransport("t"));
        const socket = await connected(romeo, bot, sid, answer);
        socket.end(randomBytes(got));
        await words.closed(socket);
        return goodBye(romeo, sid);
      },
    ],
    [
      "Jingle in-band",
      async (name, got) => {
        const [sid, stream] = [randomUUID(), randomUUID()];
        await accepted(romeo, bot, sid, words.description(name, SAID), words.inBandTransport(stream, 65_535));
        expect(await answerTo(romeo, bot, words.open(stream, 65_535))).toBe("ok");
        await answerTo(romeo, bot, words.block(stream, 0, randomBytes(got)));
        await answerTo(romeo, bot, words.close(stream));
        return goodBye(romeo, sid);
      },
    ],
    [
      "SI in-band",
      async (name, got) => {
        const sid = await offered(name, SAID);
        expect(await answerTo(romeo, bot, words.open(sid, 65_535))).toBe("ok");
        await answerTo(romeo, bot, words.block(sid, 0, randomBytes(got)));
        await answerTo(romeo, bot, words.close(sid));
        return undefined;
      },
    ],
    [
      "SI over SOCKS5",
      async (name, got) => {
        // It sends the bytes of the tape, whatever was said of their number.
        const tape = new Tape(name, got);
        const lying = Object.create(romeo, { request: { value: (type: "set", to: string, payload: Element, ms: number) => {
          const file = payload.getChild("file");
          if (file) file.attrs["size"] = String(SAID);
          return romeo.request(type, to, payload, ms);
        } } }) as XmppUser; // prettier-ignore
        await sendBySi(lying, bot, tape);
        return undefined;
      },
    ],
  ];

  test.each(WAYS)("more: %s", async (way, send) => {
    const name = `more-${way.replaceAll(" ", "-")}.bin`;
    expect(["media-error file-too-large", undefined]).toContain(await send(name, SAID + 1000));
    await told(name, /more bytes than were announced/);
  });

  test.each(WAYS)("fewer: %s", async (way, send) => {
    const name = `fewer-${way.replaceAll(" ", "-")}.bin`;
    expect(["connectivity-error", undefined]).toContain(await send(name, SAID - 1000));
    await forget(name);
  });

  test("what goes on behind the last byte is not taken", async () => {
    const bytes = randomBytes(4096);
    const sid = await opened("behind.bin", bytes.length);
    expect(await answerTo(romeo, bot, words.block(sid, 0, bytes))).toBe("ok");
    await keptAs("behind.bin", bytes);
    expect(await answerTo(romeo, bot, words.block(sid, 1, randomBytes(4096)))).toBe("cancel item-not-found");
  });

  const [MANY, BEYOND] = ["9007199254740991", "9223372036854775808"];
  // by SI, by Jingle
  const SIZES: readonly (readonly [string, string, string])[] = [
    ["0", "modify not-acceptable", "incompatible-parameters"],
    ["-1", "cancel bad-request bad-profile", "incompatible-parameters"],
    ["1e3", "cancel bad-request bad-profile", "incompatible-parameters"],
    ["NaN", "cancel bad-request bad-profile", "incompatible-parameters"],
    ["", "cancel bad-request bad-profile", "incompatible-parameters"],
    [String(256 * KIB + 1), "modify not-acceptable", "media-error file-too-large"],
    [MANY, "modify not-acceptable", "media-error file-too-large"],
    [BEYOND, "cancel bad-request bad-profile", "incompatible-parameters"],
  ];
  test.each(SIZES)("%j is refused", async (size, error, reason) => {
    expect(await answerTo(romeo, bot, words.siOffer(randomUUID(), { name: "s.bin", size }, words.IBB))).toBe(error);
    const sid = randomUUID();
    const offer = words.content(words.description("s.bin", size), words.inBandTransport("s"));
    expect(await answerTo(romeo, bot, words.jingle("session-initiate", sid, offer))).toBe("ok");
    expect(await goodBye(romeo, sid)).toBe(reason);
  });
});

describe("hashes that are not so", () => {
  const bytes = randomBytes(5000);
  const wrong = randomBytes(10);

  /** What is offered, and what is said before the last byte. */
  const HASHES: readonly (readonly [string, () => Element, (sid: string) => Element | undefined])[] = [
    ["in the offer", () => words.hash(wrong), () => undefined],
    ["in a later checksum", () => words.hashFollows(), (sid) => words.checksum(sid, wrong)],
    ["in a checksum, though the offer had the right one", () => words.hash(bytes), (sid) => words.checksum(sid, wrong)],
  ];
  test.each(HASHES)("%s", async (what, hash, later) => {
    const name = `${what.replaceAll(/\W/g, "-")}.bin`;
    const sid = randomUUID();
    const answer = await accepted(romeo, bot, sid, words.description(name, bytes.length, hash()), words.socksTransport("t")); // prettier-ignore
    const socket = await connected(romeo, bot, sid, answer);
    const said = later(sid);
    if (said) expect(await answerTo(romeo, bot, said)).toBe("ok");
    socket.end(bytes);
    expect(await goodBye(romeo, sid)).toBe("media-error");
    await told(name, /arrived damaged/);
  });
});

describe("blocks", () => {
  const half = (): Buffer => randomBytes(2000);
  const bad = "cancel bad-request";

  // what it is, the block after a right first one, the answer
  const BLOCKS: readonly (readonly [string, string | number, Uint8Array | string, string])[] = [
    ["doubled", 0, half(), "cancel unexpected-request"],
    ["left out", 2, half(), "cancel unexpected-request"],
    ["too long", 1, randomBytes(4097), bad],
    ["no base64", 1, "!!!!", bad],
    ["base64 with padding in its middle", 1, "AA==AAAA", bad],
    ["base64 cut short", 1, "AAA", bad],
  ];
  test.each(BLOCKS)("%s", async (what, seq, bytes, error) => {
    const name = `${what.replaceAll(" ", "-")}.bin`;
    const sid = await opened(name, 4000);
    expect(await answerTo(romeo, bot, words.block(sid, 0, half()))).toBe("ok");
    expect(await answerTo(romeo, bot, words.block(sid, seq, bytes))).toBe(error);
    // Over is over.
    expect(await answerTo(romeo, bot, words.block(sid, 1, half()))).toBe("cancel item-not-found");
    await forget(name);
  });

  test.each(["-1", "65536", "x", ""])("number %j is none, and changes nothing", async (seq) => {
    const bytes = randomBytes(10);
    const sid = await opened("seq.bin", 10);
    expect(await answerTo(romeo, bot, words.block(sid, seq, bytes))).toBe("modify bad-request");
    expect(await answerTo(romeo, bot, words.block(sid, 0, bytes))).toBe("ok");
    await keptAs("seq.bin", bytes);
  });

  test("short ones, and empty ones, are blocks", async () => {
    const bytes = randomBytes(300);
    const sid = await opened("short.bin", 300);
    const parts = [bytes.subarray(0, 1), bytes.subarray(1, 1), bytes.subarray(1, 100), bytes.subarray(100)];
    for (const [i, part] of parts.entries()) expect(await answerTo(romeo, bot, words.block(sid, i, part))).toBe("ok");
    await keptAs("short.bin", bytes);
  });

  test("after the close there are none, and no second opening", async () => {
    const sid = await opened("closed.bin", 4000);
    expect(await answerTo(romeo, bot, words.open(sid))).toBe("cancel not-acceptable");
    expect(await answerTo(romeo, bot, words.block(sid, 0, half()))).toBe("ok");
    expect(await answerTo(romeo, bot, words.close(sid))).toBe("ok");
    expect(await answerTo(romeo, bot, words.block(sid, 1, half()))).toBe("cancel item-not-found");
    expect(await answerTo(romeo, bot, words.open(sid))).toBe("cancel not-acceptable");
    await forget("closed.bin");
  });

  test("of a size that was not agreed on", async () => {
    const [sid, stream] = [randomUUID(), randomUUID()];
    await accepted(romeo, bot, sid, words.description("size.bin", 10), words.inBandTransport(stream, 1000));
    expect(await answerTo(romeo, bot, words.open(stream, 1001))).toBe("modify resource-constraint");
    for (const size of ["0", "-1", "65536", "x"]) expect(await answerTo(romeo, bot, words.open(stream, size))).toBe("modify bad-request"); // prettier-ignore
    await answerTo(romeo, bot, words.terminate(sid, "cancel"));
    await told("size.bin", /./);
  });
});

describe("offers", () => {
  const file = (name: string): Element => words.description(name, 10);
  const offer = (name: string): Element => words.content(file(name), words.inBandTransport(randomUUID()));

  test("a session's name used twice", async () => {
    const sid = randomUUID();
    await accepted(romeo, bot, sid, file("twice.bin"), words.socksTransport("t"));
    expect(await answerTo(romeo, bot, words.jingle("session-initiate", sid, offer("twice.bin")))).toBe(
      "cancel conflict",
    );
    expect(await answerTo(romeo, bot, words.terminate(sid, "cancel"))).toBe("ok");
    expect(await answerTo(romeo, bot, words.jingle("session-initiate", sid, offer("twice.bin")))).toBe(
      "cancel conflict",
    );
    const si = await offered("twice-too.bin", 10);
    expect(await answerTo(romeo, bot, words.siOffer(si, { name: "x", size: "10" }, words.IBB))).toBe("cancel conflict");
    expect(await answerTo(romeo, bot, words.open(si))).toBe("ok");
    expect(await answerTo(romeo, bot, words.close(si))).toBe("ok");
    await told("twice-too.bin", /cut/);
  });

  test("sessions that there are not", async () => {
    const actions = ["session-accept", "session-info", "session-terminate", "transport-info", "transport-replace", "content-add", "description-info"]; // prettier-ignore
    for (const action of actions) expect(await answerTo(romeo, bot, words.jingle(action, randomUUID(), offer("x")))).toBe(UNKNOWN); // prettier-ignore
    expect(await answerTo(romeo, bot, words.jingle("session-dance", randomUUID()))).toBe("modify bad-request");
    expect(await answerTo(romeo, bot, words.hosts(randomUUID(), romeo.jid, [["127.0.0.1", 1]]))).toBe("modify not-acceptable"); // prettier-ignore
  });

  test("huge and deep ones", async () => {
    const sid = randomUUID();
    const many = (from: number): Element[] =>
      Array.from({ length: 500 }, (_, i) =>
        words.named(`c${from + i}`, file(`one of many ${from + i}.bin`), words.inBandTransport(randomUUID())),
      );
    const contents = async (action: string): Promise<number> =>
      (await heard(romeo, action, sid)).getChild("jingle")!.getChildren("content").length;
    expect(await answerTo(romeo, bot, words.jingle("session-initiate", randomUUID(), offer("x"), offer("y")))).toBe("modify bad-request"); // prettier-ignore
    expect(await answerTo(romeo, bot, words.jingle("session-initiate", sid, ...many(0)))).toBe("ok");
    // Sixteen are looked at, four are as many transfers as he may have, and the others are refused in one word.
    expect(await contents("content-remove")).toBe(484);
    expect(await contents("session-accept")).toBe(4);
    expect(await answerTo(romeo, bot, words.jingle("content-add", sid, ...many(500)))).toBe("ok");
    expect(await contents("content-reject")).toBe(488);
    await answerTo(romeo, bot, words.terminate(sid, "cancel"));
    let deep = xml("deep");
    for (let i = 0; i < 400; i++) deep = xml("deep", {}, deep);
    const nested = words.content(words.description("deep.bin", 10, deep), words.inBandTransport("t"));
    expect(await answerTo(romeo, bot, words.jingle("session-initiate", randomUUID(), nested))).toMatch(/^modify|^ok/);
    const long = words.content(words.description("x".repeat(150_000), 10), words.inBandTransport("t"));
    const last = randomUUID();
    expect(await answerTo(romeo, bot, words.jingle("session-initiate", last, long))).toBe("ok");
    await heard(romeo, "session-accept", last);
    await answerTo(romeo, bot, words.terminate(last, "cancel"));
  });

  test.each([
    ["a path", "../../.ssh/authorized_keys", "authorized_keys"],
    ["letters turned round", "photo\u202Egpj.exe", "photo gpj.exe"],
    ["lines", "two\nlines.txt", "two lines.txt"],
    ["gaps of our own sentences", "{who} {size}.txt", "{who} {size}.txt"],
  ])("a name that means ill: %s", async (_, name, kept) => {
    const bytes = randomBytes(10);
    const pattern = kept.replaceAll(/[{}.]/g, "\\$&");
    const sid = await opened(name, 10);
    expect(await answerTo(romeo, bot, words.block(sid, 0, bytes))).toBe("ok");
    await keptAs(`I keep ${pattern}`, bytes);
    await sendByJingle(romeo, bot, name, bytes);
    await keptAs(`I keep ${pattern}`, bytes);
  });

  test("of somebody from elsewhere", async () => {
    const tybalt = await office.person("tybalt", ELSEWHERE);
    speaksJingle(tybalt);
    const si = (): Element => words.siOffer(randomUUID(), { name: "x.bin", size: "10" }, words.IBB);
    expect(await answerTo(tybalt, bot, si())).toBe("auth registration-required");
    const sid = randomUUID();
    expect(await answerTo(tybalt, bot, words.jingle("session-initiate", sid, offer("x.bin")))).toBe("ok");
    expect(await goodBye(tybalt, sid)).toBe("decline");
    await tybalt.stop();
  });

  test("to the domain: taken as words to it are, in sessions of its own", async () => {
    const bytes = randomBytes(10);
    const domain = office.server.component;
    const sid = randomUUID();
    expect(await answerTo(romeo, domain, words.siOffer(sid, { name: "domain.bin", size: "10" }, words.IBB))).toBe("ok");
    expect(await answerTo(romeo, bot, words.open(sid))).toBe("cancel not-acceptable");
    expect(await answerTo(romeo, domain, words.open(sid))).toBe("ok");
    expect(await answerTo(romeo, domain, words.block(sid, 0, bytes))).toBe("ok");
    await keptAs("domain.bin", bytes);
  });

  test("three thousand of one member", async () => {
    const before = romeo.stanzas.length;
    const said = (action: string): Element[] => romeo.stanzas.slice(before).filter((s) => s.getChild("jingle")?.attrs["action"] === action); // prettier-ignore
    const all = new Map<string, string>();
    const over = new Promise<void>((resolve) =>
      romeo.onStanza((stanza) => {
        const id = String(stanza.attrs["id"]);
        if (stanza.is("iq") && id.startsWith("flood-")) all.set(id, words.verdictOf(stanza));
        if (all.size === 3000) resolve();
      }),
    );
    for (let i = 0; i < 3000; i++) {
      const sid = `flood-${i}`;
      const what = i % 2 === 0 ? words.jingle("session-initiate", sid, offer(`${i}.bin`)) : words.siOffer(sid, { name: `${i}.bin`, size: "10" }, words.IBB); // prettier-ignore
      void romeo.send(xml("iq", { type: "set", id: sid, to: bot }, what));
    }
    await Promise.all([over, honest()]);
    const si = [...all.keys()].filter((id) => all.get(id) === "ok" && Number(id.slice(6)) % 2 === 1);
    expect(said("session-accept").length + si.length).toBeLessThanOrEqual(4);
    expect(new Set(all.values())).toEqual(new Set(["ok", "wait resource-constraint", "wait policy-violation"]));
    for (const iq of said("session-accept")) await answerTo(romeo, bot, words.terminate(String(iq.getChild("jingle")!.attrs["sid"]), "cancel")); // prettier-ignore
    for (const sid of si) {
      await answerTo(romeo, bot, words.open(sid));
      await answerTo(romeo, bot, words.close(sid));
    }
  }, 90_000);
});

test("nothing of it stays", async () => {
  const { rss, descriptors } = await office.growth();
  expect(descriptors).toBeLessThan(5);
  expect(rss / KIB / KIB).toBeLessThan(120);
  await office.restante.stop();
  await office.restante.start(); // what is not needed any more is swept at once
  const audit = await openAudit(office.restante.configFile);
  for (const end = Date.now() + 20_000; (await audit.index.doomed(1)).length > 0 && Date.now() < end;) await delay(50);
  const { stored, known } = await audit.keys();
  expect(await audit.files(romeo.bare)).toEqual([]);
  expect(await audit.index.cutIntakes((await audit.index.contacts("", 100)).find(({ jid }) => jid === romeo.bare)!.jid, 100)).toEqual([]); // prettier-ignore
  await audit.close();
  expect({ stored, known, files: await filesUnder(blobFolder(office.restante.folder)) }).toEqual({ stored: [], known: [], files: [] }); // prettier-ignore
}, 40_000);
