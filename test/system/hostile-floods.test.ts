/** More than anybody needs, at once: the sender is told so once, everybody else is served, and nothing of it stays. */
import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import Database from "libsql";
import { join } from "node:path";
import { head, hostileWeb, type HostileWeb } from "../harness/hostile-web.js";
import { BOT, chat, playServer, type PlayedServer } from "../harness/played-server.js";

jest.setTimeout(60_000);

const COMMANDS = 60; // a minute, and so many at once

let server: PlayedServer;
let web: HostileWeb;
beforeAll(async () => {
  web = await hostileWeb(({ socket }) => void socket.end(head(200, { "Content-Length": 4 }) + "file"));
  // A heap that has no room for what is not let go.
  server = await playServer({ env: { NODE_OPTIONS: "--max-old-space-size=128" }, config: { limits: { commands: COMMANDS } } }); // prettier-ignore
}, 30_000);
afterEach(() => server.serves(), 40_000);
afterAll(async () => {
  await server?.close();
  await web?.stop();
}, 90_000);

/** `count` stanzas in a few large writes. */
function flood(count: number, stanza: (i: number) => string): void {
  for (let i = 0; i < count; i += 500) server.write(Array.from({ length: Math.min(500, count - i) }, (_, j) => stanza(i + j)).join("")); // prettier-ignore
}

/** What went to an address, once nothing more does: then the flood's own turn is over. Others are served meanwhile. */
async function over(sent: (to: string) => string[], to: string): Promise<string[]> {
  for (let before = -1, quiet = 0; quiet < 3;) {
    await server.serves();
    const { length } = sent(to);
    quiet = length === before ? quiet + 1 : 0;
    before = length;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return sent(to);
}

const count = (out: readonly string[], what: RegExp): number => out.filter((s) => what.test(s)).length;

test("two thousand words of one person", async () => {
  const sent = server.note();
  flood(2_000, () => chat("mercutio@example.org/x", "help"));
  const out = await over(sent, "mercutio@example.org/x");
  expect(count(out, /Send me a file/)).toBeLessThanOrEqual(COMMANDS + 5);
  expect(count(out, /bit much/)).toBeGreaterThan(0);
  expect(count(out, /bit much/)).toBeLessThan(50); // of 2,000: one for each time that something found room again
  expect(sent("mercutio@example.org/x")).toHaveLength(out.length);
});

test("two thousand times to fifty people", async () => {
  server.write(chat("romeo@example.org/x", `${web.url}/file.txt`));
  await server.until(/I keep file\.txt/);
  const sent = server.note();
  flood(2_000, (i) => chat("romeo@example.org/x", `send 1 to ${Array.from({ length: 50 }, (_, j) => `p${i * 50 + j}@far.example`).join(",")}`)); // prettier-ignore
  const out = await over(sent, "romeo@example.org/x");
  expect(count(out, /waits for/)).toBeLessThanOrEqual(COMMANDS + 5);
  expect(out.length).toBeLessThan(200);
  // One invitation each, and no more than one file may make.
  expect(sent("p").length).toBeLessThanOrEqual(1000);
  expect(new Set(sent("p").map((s) => /to="([^"]+)/.exec(s)![1])).size).toBe(sent("p").length);
});

test("twenty thousand strangers who show themselves, each with a client of his own", async () => {
  const sent = server.note();
  const ver = (i: number): string => Buffer.from(String(i).padStart(20)).toString("base64");
  flood(20_000, (i) => `<presence from='s${i}@far${i % 100}.example/x' to='${BOT}'><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='${ver(i)}'/></presence>`); // prettier-ignore
  await server.serves();
  // Only so many are asked at once what their clients can do.
  expect(sent("s").length).toBeLessThan(100);
});

test("a thousand strangers who add us, leave us, probe us, and answer what nobody asked them", async () => {
  const sent = server.note();
  const words = ["subscribe", "unsubscribe", "probe", "subscribed", "unsubscribed"];
  flood(1_000, (i) => words.map((type) => `<presence from='t${i}@far${i % 100}.example' to='${BOT}' type='${type}'/>`).join("")); // prettier-ignore
  await server.serves();
  // subscribed, presence and subscribe; unavailable; presence: five words for five.
  expect(sent("t").length).toBeLessThanOrEqual(5_000);
});

test("a member with ten thousand files", async () => {
  const db = new Database(join(server.restante.folder, "restante.db"), { timeout: 20_000 });
  db.exec(`
    begin immediate;
    insert into contacts (jid, standing, followed, follows, since, next_number, held_bytes, held_files)
      select 'friar@example.org', standing, followed, follows, since, 10001, 40000, 10000 from contacts where jid = 'romeo@example.org';
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)
    insert into files (id, owner, number, name, name_key, size, media_type, sha256, since, until)
      select 'f' || i, 'friar@example.org', i, 'file ' || i, 'k' || i, 4, media_type, sha256, since, until from n, files where owner = 'romeo@example.org' and number = 1;
    commit;`);
  db.close();
  const friar = "friar@example.org/cell";
  for (const [command, first, last, more] of [
    ["list", 10_000, 9_981, "Say “list before 9981” for older ones."],
    ["list before 9981", 9_980, 9_961, "Say “list before 9961” for older ones."],
    ["list before 3", 2, 1, undefined],
  ] as const) {
    const out = await server.out(chat(friar, command), friar);
    const lines = /<body>(.*)<\/body>/s.exec(out.find((s) => s.includes("You keep 10000 files"))!)![1]!.split("\n");
    const rows = lines.filter((line) => /^\d+ · file/.test(line));
    expect([rows[0], rows.at(-1)]).toEqual([expect.stringMatching(`^${first} · `), expect.stringMatching(`^${last} · `)]); // prettier-ignore
    expect(rows).toHaveLength(first - last + 1);
    if (more === undefined) expect(lines.at(-1)).toBe(rows.at(-1));
    else expect(lines.at(-1)).toBe(more);
  }
});

test("nothing of it stays", async () => {
  const { rss, descriptors } = await server.growth();
  expect(descriptors).toBeLessThan(5);
  expect(rss / 2 ** 20).toBeLessThan(150);
});
