/** Names, sizes and people that mean ill, against the program itself behind a real Prosody. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "content-disposition";
import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { openHostileOffice, type HostileOffice, type Person, type Share } from "../harness/hostile-office.js";
import { head, type RawRequest } from "../harness/hostile-web.js";
import { sha256 } from "../harness/post-office.js";

const KIB = 1024;
const LIMIT = 256 * KIB;

let office: HostileOffice;
let romeo: Person;
beforeAll(async () => {
  office = await openHostileOffice(() => ({ config: { limits: { commands: 10_000, file: "256 KiB", quota: "1 MiB", transfers: 16, fetch_time: "2 seconds" } } })); // prettier-ignore
  romeo = await office.person("romeo");
}, 60_000);
afterEach(() => office.serves());
afterAll(() => office?.close());

/** Answers with these bytes, as an honest server does. */
const honest =
  (bytes: Uint8Array, headers: Record<string, string> = {}) =>
  ({ socket }: RawRequest): void => {
    socket.write(head(200, { "Content-Length": bytes.length, ...headers }));
    socket.end(bytes);
  };

/** The number under which something was just kept. */
const numberIn = (said: string): number => Number(/as number (\d+)/.exec(said)?.[1]);

/** Everything in a folder, by its path there. */
const everything = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((e) => !e.isDirectory()).map((e) => `${e.parentPath}/${e.name}`.slice(folder.length + 1));
};

describe("names", () => {
  const LONG = "x".repeat(3000);
  // what it is, how the link ends, what the message calls it, what it is kept as
  const NAMES: readonly (readonly [string, string, string | undefined, string])[] = [
    ["encoded slashes", "..%2F..%2Fetc%2Fpasswd", undefined, "passwd"],
    ["encoded backslashes", "..%5C..%5Cboot.ini", undefined, "boot.ini"],
    ["slashes that were encoded twice", "..%252F..%252Fpasswd", undefined, "%2F..%2Fpasswd"],
    ["a NUL", "a%00b.txt", undefined, "a b.txt"],
    ["line ends", "a%0D%0ASet-Cookie:%20b.txt", undefined, "a Set-Cookie_ b.txt"],
    ["letters turned round", "photo%E2%80%AEgpj.exe", undefined, "photo gpj.exe"],
    ["nothing but dots", "%2E%2E", undefined, "file"],
    ["no UTF-8", "%FF%FE.bin", undefined, "%FF%FE.bin"],
    ["half an escape", "100%.txt", undefined, "100%.txt"],
    ["three thousand letters", `${LONG}.txt`, undefined, `${"x".repeat(236)}.txt`],
    ["a device of Windows", "con", undefined, "con"],
    ["a number", "1", undefined, "1"],
    ["pictures", "x", "🧚‍♀️ 👩🏽‍🚀.png", "🧚‍♀️ 👩🏽‍🚀.png"],
    ["a path", "x", "../../.ssh/authorized_keys", "authorized_keys"],
    ["a path of Windows", "x", "C:\\Windows\\win.ini", "win.ini"],
    ["hidden", "x", ".bashrc", "bashrc"],
    ["lines", "x", "two\nlines\r\n  and\ta tab.txt", "two lines and a tab.txt"],
    ["markup", "x", `<a href="x">&'.html`, "_a href=_x__&'.html"],
    ["gaps of our own sentences", "x", "{who} {size} {number}.txt", "{who} {size} {number}.txt"],
    ["options", "x", "--rm -rf", "--rm -rf"],
    ["more than a name may have", "x.bin", LONG, "trap"],
    ["what its server calls it: a path", "x.bin", undefined, "trap"],
    ["a line's worth of blanks", "x", `a${" ".repeat(500)}b.txt`, "a b.txt"],
  ];

  test.each(NAMES)("%s", async (what, end, name, kept) => {
    const bytes = randomBytes(1000);
    // Where the message has a name, the server's own counts for nothing.
    const trap = { "Content-Disposition": `attachment; filename="../../trap"; filename*=UTF-8''..%2F..%2Ftrap%0A` };
    // A path of its own: a link that is said twice within a moment is one.
    const { pathname } = new URL(`/${NAMES.findIndex((n) => n[0] === what)}/x/${end}`, office.web.url);
    const url = office.serve(pathname, honest(bytes, name !== undefined || kept === "trap" ? trap : {}));
    const said = await romeo.share(url, name === undefined ? undefined : { name }, /I keep/);
    expect(said).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
    const shown = kept.length > 120 ? kept.slice(0, 80) : kept;
    expect(said).toContain(`I keep ${shown}`);
    expect(await romeo.ask("list", /You keep/)).toContain(`\n${numberIn(said)} · ${shown}`);

    const handed = await romeo.get(`"${kept}"`);
    const link = handed.getChild("x", "jabber:x:oob")!.getChildText("url")!;
    expect(handed.getChildText("body")).toBe(link);
    const sharing = handed.getChild("file-sharing", "urn:xmpp:sfs:0")!;
    expect(sharing.getChild("file")!.getChildText("name")).toBe(kept);
    expect(new URL(link).pathname.split("/")).toHaveLength(4);
    const answer = await fetch(link);
    const disposition = parse(answer.headers.get("content-disposition")!);
    expect([disposition.type, disposition.parameters["filename"]]).toEqual(["attachment", kept]);
    expect(sha256(new Uint8Array(await answer.arrayBuffer()))).toBe(sha256(bytes));
    await romeo.ask(`del ${numberIn(said)}`, /^Deleted/);
  });

  test("none of them is a file's name on disk", async () => {
    for (const path of await everything(office.restante.folder))
      expect(path).toMatch(
        /^(restante\.(toml|log|db(-wal|-shm|-serving|-serving-journal)?)|blobs\/([\w-]+\/)*[\w-]+)$/,
      );
  });
});

describe("sizes", () => {
  /** Sends the head of an answer, and then nothing. */
  const headOnly =
    (headers: Record<string, string | number>) =>
    ({ socket }: RawRequest): void =>
      void socket.write(head(200, headers));
  const chunked = { "Transfer-Encoding": "chunked" };
  const chunk = (size: number): string => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;

  // what it is, what the message says of it, what its server does, what is said. All but the last four end although no byte, or no further
  // byte, ever comes.
  const LIES: readonly (readonly [string, Share, (r: RawRequest) => void, RegExp])[] = [
    ["more than I take", {}, headOnly({ "Content-Length": LIMIT + 1 }), /too large: more than 256\.0 KiB, and I take files of up to 256\.0 KiB/],
    ["more than was said", { size: 100 }, headOnly({ "Content-Length": 101 }), /brought more bytes than were announced \(100 bytes\)/],
    ["less than was said", { size: 100 }, headOnly({ "Content-Length": 99 }), /ended after 99 bytes of 100 bytes/],
    ["one byte more than was said", { size: 1000 }, ({ socket }) => void socket.write(head(200, chunked) + chunk(1001)), /brought more bytes/],
    ["an endless one", {}, endless, /too large: more than 256\.0 KiB/],
    ["packed", {}, headOnly({ "Content-Length": 100, "Content-Encoding": "gzip" }), /sends it as gzip, which was not asked for/],
    ["a length below nothing", {}, headOnly({ "Content-Length": -1 }), /would not give me .* not HTTP/],
    ["a length that is no number", {}, headOnly({ "Content-Length": "NaN" }), /would not give me .* not HTTP/],
    ["a length beyond all numbers", {}, headOnly({ "Content-Length": "9".repeat(40) }), /would not give me .* not HTTP/],
    ["two lengths", {}, headOnly({ "Content-Length": 5, "content-length": 6 }), /would not give me .* not HTTP/],
    ["a length and chunks", {}, headOnly({ "Content-Length": 5, ...chunked }), /would not give me .* not HTTP/],
    ["headers without end", {}, ({ socket }) => void socket.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(20_000)}`), /would not give me .* not HTTP/],
    ["nothing", {}, ({ socket }) => void socket.end(head(200, { "Content-Length": 0 })), /is empty/],
    ["something else", { sha256: "0".repeat(64) }, honest(randomBytes(10)), /arrived damaged/],
    ["a byte now and then", {}, drip, /was too slow/],
    ["silence", {}, () => undefined, /was too slow/],
    ["half of it, again and again", {}, ({ socket }) => void socket.end(head(200, { "Content-Length": 10 }) + "12345"), /was too slow/],
  ]; // prettier-ignore

  test.each(LIES)("%s", async (what, file, answer, words) => {
    const name = what.replaceAll(" ", "-");
    const url = office.serve(`/${name}`, answer);
    const said = await romeo.share(url, Object.keys(file).length > 0 ? file : undefined, new RegExp(name));
    expect(said).toMatch(words);
    expect(said).not.toContain("\n");
    await office.web.closed();
  });

  test("what is said to be too large is not even asked for", async () => {
    const before = office.web.requests.length;
    const url = office.serve("/said", honest(randomBytes(10)));
    expect(await romeo.share(url, { size: LIMIT + 1 }, /^said/)).toMatch(/too large/);
    expect(office.web.requests).toHaveLength(before);
  });

  test.each(["-1", "NaN", "1e3", "0x10", "", "9".repeat(400), "10 "])(
    "a size of %j is that of ten bytes or none",
    async (size) => {
      const url = office.serve(`/size-${encodeURIComponent(size)}`, honest(randomBytes(10)));
      const said = await romeo.share(url, { size }, /I keep/);
      await romeo.ask(`del ${numberIn(said)}`, /^Deleted/);
    },
  );

  test("what nobody announced fills a room to its measure and no further, however many come at once", async () => {
    const mercutio = await office.person("mercutio");
    const bytes = 200 * KIB; // five of them fit
    const waiting: RawRequest[] = [];
    // None is answered before all have asked.
    const all = new Promise<void>((resolve) => {
      for (let i = 0; i < 8; i++) office.serve(`/${i}`, (request) => void (waiting.push(request) === 8 && resolve()));
    });
    for (let i = 0; i < 8; i++) await mercutio.say(office.bot, `${office.web.url}/${i}`);
    await all;
    for (const { socket, path } of waiting) socket.end(head(200) + path.padEnd(bytes));
    const said: string[] = [];
    while (said.length < 8)
      said.push((await mercutio.waitMessage(office.bot, /I keep|not kept/)).getChildText("body")!);
    expect(said.filter((s) => s.includes("I keep"))).toHaveLength(5);
    expect(said.filter((s) => /Your room is full/.test(s))).toHaveLength(3);
    expect(await mercutio.ask("list", /You keep/)).toMatch(/^You keep 5 files: 1000\.0 KiB of 1\.0 MiB/);
    await mercutio.stop();
  });
});

test("nothing of it stays", async () => {
  await office.web.closed();
  const { rss, descriptors } = await office.growth();
  expect(descriptors).toBeLessThan(5);
  expect(rss / KIB / KIB).toBeLessThan(100);
});

/** Writes as much as is taken. */
function endless({ socket }: RawRequest): void {
  socket.write(head(200));
  const more = (): void => {
    while (socket.writable && socket.write(Buffer.alloc(16 * KIB)));
  };
  socket.on("drain", more);
  more();
}

function drip({ socket }: RawRequest): void {
  socket.write(head(200));
  const timer = setInterval(() => socket.write("x"), 50);
  socket.once("close", () => clearInterval(timer));
}
