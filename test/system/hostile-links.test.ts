/** Links that lead where only we can reach, or nowhere, against the program itself. Half of them at one that may not fetch from private addresses. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { startNameServer, type NameServer } from "../harness/name-server.js";
import { openHostileOffice, type HostileOffice, type Person } from "../harness/hostile-office.js";
import { head, type RawRequest } from "../harness/hostile-web.js";

let office: HostileOffice;
let romeo: Person;
afterEach(() => office.serves());

const redirect =
  (to: string) =>
  ({ socket }: RawRequest): void =>
    void socket.end(head(302, { Location: to, "Content-Length": 0 }));

describe("where private addresses may not be reached", () => {
  /** All that a careless look-up could be given. Of the last one the second answer differs from the first. */
  const NAMES = {
    "inside.test": ["127.0.0.1"],
    "intranet.test": ["10.0.0.1"],
    "cloud.test": ["169.254.169.254"],
    "six.test": ["::1"],
    "local-six.test": ["fe80::1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "both.test": ["8.8.8.8", "127.0.0.1"],
    "nothing.test": [],
  };
  let names: NameServer;
  beforeAll(async () => {
    names = await startNameServer(NAMES);
    office = await openHostileOffice((web) => ({
      config: { streams: { allow_private: false, ports: [80, web.port] }, limits: { commands: 10_000 } },
      env: { NODE_OPTIONS: names.nodeOptions },
    }));
    romeo = await office.person("romeo");
  }, 60_000);
  afterAll(async () => {
    await office?.close();
    await names?.stop();
  });

  const LITERALS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "１２７.0.0.1", "0", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]",
    "[fe80::1]", "[fd00::1]", "localhost", "LOCALHOST.", "x.localhost",
  ]; // prettier-ignore

  test.each(LITERALS)("%s", async (host) => {
    expect(await romeo.share(`http://${host}:${office.web.port}/${LITERALS.indexOf(host)}`, undefined, /fetch/)).toBe(
      "I may not fetch from that address.",
    );
  });

  test("its own web end, which is never asked", async () => {
    const { webUrl } = office.restante;
    expect(await romeo.share(`${webUrl}/g/AAAAAAAAAAAAAAAAAAAAAA/x`, undefined, /./)).toBe("There is nothing here.");
    expect(await romeo.share(`${webUrl}/metrics`, undefined, /./)).toBe("There is nothing here.");
  });

  test("other services than the web", async () => {
    expect(await romeo.share("http://example.org:22/x", undefined, /fetch/)).toBe("I may not fetch from that address.");
  });

  test("a name that leads there is answered as one that leads nowhere, and nobody is connected to", async () => {
    const said = new Set<string>();
    for (const name of [...Object.keys(NAMES), "nowhere.test"]) {
      const words = await romeo.share(`http://${name}:${office.web.port}/x`, undefined, new RegExp(`reach ${name}`));
      said.add(words.replace(name, "HOST"));
      expect(names.asked.filter((a) => a.startsWith(`${name} `)).sort()).toEqual([`${name} A`, `${name} AAAA`]);
    }
    expect([...said]).toEqual(["x was not kept. I could not reach HOST, where x is kept. Please try again later."]);
    expect(office.web.requests).toEqual([]);
  });

  test("nothing of it stays", async () => {
    expect((await office.growth()).descriptors).toBeLessThan(5);
  });
});

describe("where they may", () => {
  beforeAll(async () => {
    office = await openHostileOffice(() => ({ config: { limits: { commands: 10_000 } } }));
    romeo = await office.person("romeo");
  }, 60_000);
  afterAll(() => office?.close());

  test.each([
    ["ftp", "ftp://127.0.0.1/x"],
    ["file", "file:///etc/passwd"],
    ["gopher", "gopher://127.0.0.1:6379/_FLUSHALL"],
    ["a script with a host", "javascript://127.0.0.1/%0Aalert(1)"],
  ])("%s", async (_, url) => {
    expect(await romeo.share(url, undefined, /link/)).toMatch(/^That link is not one that I can fetch: it begins with neither http: nor https:/); // prettier-ignore
  });

  test("what only looks like a link is taken as words", async () => {
    expect(await romeo.share("javascript:alert(1)", undefined, /know/)).toMatch(
      /^I do not know “javascript:alert\(1\)”/,
    );
    expect(await romeo.share("data:text/html,x", undefined, /know/)).toMatch(/^I do not know “data:text\/html”/);
  });

  test.each([
    ["a password", (port: number) => `http://user:pw@127.0.0.1:${port}/x`, /carries a name or a password/],
    ["five thousand letters", (port: number) => `http://127.0.0.1:${port}/${"x".repeat(5000)}`, /it is too long/],
    ["no port that there is", () => "http://127.0.0.1:99999/x", /^I do not know/],
    ["the cloud's own address", () => "http://169.254.169.254/latest/meta-data", /^I may not fetch from that address/],
  ])("%s", async (_, url, words) => {
    expect(await romeo.share(url(office.web.port), undefined, words)).toBeDefined();
    expect(office.web.requests).toEqual([]);
  });

  test.each([
    ["to the cloud's own address", "http://169.254.169.254/x", /I may not fetch from that address/],
    ["to a file", "file:///etc/passwd", /begins with neither http: nor https:/],
    ["to a password", "http://a:b@127.0.0.1/", /carries a name or a password/],
    ["to itself", "/to-itself", /leads on and on/],
    ["to nonsense", "http://[", /is not a web address/],
    ["to everywhere", "http://0.0.0.0/", /I may not fetch from that address/],
  ])("redirected %s", async (what, to, words) => {
    const path = `/${what.replaceAll(" ", "-")}`;
    expect(await romeo.share(office.serve(path, redirect(to)), undefined, new RegExp(path.slice(1)))).toMatch(words);
    await office.web.closed();
  });

  test("more redirects than five", async () => {
    for (let i = 0; i < 7; i++) office.serve(`/chain-${i}`, redirect(`/chain-${i + 1}`));
    const before = office.web.requests.length;
    expect(await romeo.share(`${office.web.url}/chain-0`, undefined, /chain-0/)).toMatch(/leads on and on/);
    expect(office.web.requests.length - before).toBe(6);
  });

  test("a link of our own is not fetched: the file is here", async () => {
    const url = office.serve("/mine.txt", ({ socket }) => void socket.end(head(200, { "Content-Length": 4 }) + "mine"));
    const kept = await romeo.share(url, undefined, /I keep mine\.txt/);
    const handed = await romeo.get(/as number (\d+)/.exec(kept)![1]!);
    expect(await romeo.share(handed.getChildText("body")!, undefined, /I keep mine\.txt/)).toBe(kept);
  });

  test("nothing of it stays", async () => {
    await office.web.closed();
    expect((await office.growth()).descriptors).toBeLessThan(5);
  });
});
