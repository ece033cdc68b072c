/** How the proxies of servers are found (XEP-0065 §4), and what they are asked. */
import { beforeEach, expect, test } from "@jest/globals";
import { Refusal } from "../../component/lib/errors.js";
import { bare, toJid } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import { ProxyFinder } from "../../component/messenger/proxies.js";
import { type Element, StanzaError, xml } from "../../component/messenger/stanza.js";
import { buildInfo, buildItems, NS_INFO, NS_ITEMS } from "../../component/messenger/wire/xep0030-disco.js";
import * as s5b from "../../component/messenger/wire/xep0065-bytestreams.js";
import { FakeClock, settled } from "../harness/fake-clock.js";
import { FakeStream } from "../harness/fake-stream.js";

const SELF = toJid("bot@files.example.org/restante")!;
const NEVER = new AbortController().signal;
const proxy = { category: "proxy", type: "bytestreams" };
const text = { category: "conference", type: "text" };

let stream: FakeStream;
let clock: FakeClock;
let finder: ProxyFinder;
/** What servers list; what each item is, and at which address it says that it is reached. */
let items: Record<string, readonly string[]>;
let what: Record<string, { identity: { category: string; type: string }; hosts: readonly string[] }>;
beforeEach(() => {
  stream = new FakeStream();
  clock = new FakeClock();
  finder = new ProxyFinder({ stream, self: SELF, clock, log: createLog("silent") });
  items = {
    "example.org": ["files.example.org", "chat.example.org", "proxy.example.org"],
    "example.com": ["p.example.com"],
  };
  what = {
    "chat.example.org": { identity: text, hosts: [] },
    "proxy.example.org": { identity: proxy, hosts: ["proxy.example.org"] },
    "p.example.com": { identity: proxy, hosts: ["p.example.com/70306884"] },
  };
  stream.answer = (iq) => xml("iq", { type: "result" }, answer(String(iq.attrs["to"]), iq.getChildElements()[0]!));
});

function answer(to: string, payload: Element): Element {
  if (payload.is("query", NS_ITEMS) && items[to]) return buildItems(items[to].map((jid) => ({ jid: toJid(jid)! })));
  const it = what[to];
  if (!it) throw new StanzaError("service-unavailable", "cancel");
  if (payload.is("query", NS_INFO)) return buildInfo({ identities: [it.identity], features: [], forms: [] });
  if (it.hosts.length === 0) throw new StanzaError("forbidden", "auth");
  return s5b.write({ udp: false, hosts: it.hosts.map((jid) => ({ jid: toJid(jid)!, host: "192.0.2.1", port: 7777 })) });
}

const near = async (domain: string): Promise<string[]> =>
  (await finder.near(bare(domain), NEVER)).map(({ jid }) => jid);
const asked = (): string[] => stream.take().map((iq) => String(iq.attrs["to"]));

test("his server's, then our own server's; each is asked for its address, by us", async () => {
  expect(await finder.near(toJid("romeo@example.com/x")!, NEVER)).toEqual([
    { jid: "p.example.com/70306884", host: "192.0.2.1", port: 7777 }, // as ejabberd has it
    { jid: "proxy.example.org", host: "192.0.2.1", port: 7777 },
  ]);
  for (const iq of stream.sent) expect(iq.attrs).toMatchObject({ type: "get", from: SELF });
  expect(asked()).not.toContain("files.example.org"); // ourselves
});

test("an answer is kept for an hour, and that there is none for ten minutes", async () => {
  what["p.example.com"]!.hosts = [];
  expect(await near("example.com")).toEqual(["proxy.example.org"]);
  asked();
  await near("example.com");
  expect(asked()).toEqual([]);
  await clock.turn(601_000);
  what["p.example.com"]!.hosts = ["p.example.com"];
  expect(await near("example.com")).toEqual(["p.example.com", "proxy.example.org"]);
  expect(asked()).not.toContain("proxy.example.org");
  await clock.turn(3_000_000);
  await near("example.com");
  expect(asked()).toContain("proxy.example.org");
});

test.each<[string, () => void]>([
  ["it does not let us in", () => (what["proxy.example.org"]!.hosts = [])],
  ["it names somebody else", () => (what["proxy.example.org"]!.hosts = ["evil.example.net"])],
  ["it is none", () => (what["proxy.example.org"]!.identity = text)],
  ["it does not answer", () => delete what["proxy.example.org"]],
  ["the server does not answer", () => delete items["example.org"]],
])("none: %s", async (_, arrange) => {
  arrange();
  expect(await near("example.org")).toEqual([]);
});

test("of a server that lists a thousand, only some are asked, and few are used", async () => {
  const names = Array.from({ length: 1000 }, (_, n) => `p${n}.example.org`);
  items["example.org"] = names;
  for (const name of names) what[name] = { identity: proxy, hosts: [name] };
  expect(await near("example.org")).toEqual(["p0.example.org", "p1.example.org", "p2.example.org"]);
  expect(new Set(asked()).size).toBe(21);
});

test("whoever does not want to wait any more gets none; the question goes on for the next", async () => {
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  const usual = stream.answer;
  stream.answer = (iq) => gate.then(() => usual(iq));
  const over = new AbortController();
  const first = finder.near(bare("example.org"), over.signal);
  await settled();
  over.abort();
  expect(await first).toEqual([]);
  expect(await finder.near(bare("example.org"), over.signal)).toEqual([]);
  go();
  expect(await near("example.org")).toEqual(["proxy.example.org"]);
});

test("activation is asked from the address that the peer knows", async () => {
  const [it, romeo] = [toJid("proxy.example.org")!, toJid("romeo@example.com/x")!];
  stream.answer = () => xml("iq", { type: "result" });
  await finder.activate(it, SELF, "s1", romeo, NEVER);
  expect(stream.sent[0]!.attrs).toMatchObject({ type: "set", from: SELF, to: it });
  expect(s5b.read(stream.sent[0]!.getChildElements()[0]!)).toEqual({
    sid: "s1",
    udp: false,
    hosts: [],
    activate: romeo,
  });
  stream.answer = () => {
    throw new StanzaError("not-allowed", "cancel");
  };
  await expect(finder.activate(it, SELF, "s1", romeo, NEVER)).rejects.toMatchObject({ code: "stream-unreachable" });
  await expect(finder.activate(it, SELF, "s1", romeo, AbortSignal.abort(new Refusal("stopping")))).rejects.toMatchObject({ code: "stopping" }); // prettier-ignore
});
