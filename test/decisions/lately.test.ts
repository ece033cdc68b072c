import { beforeEach, expect, test } from "@jest/globals";
import { bare } from "../../component/lib/jid.js";
import type { Linked } from "../../component/messenger/chat-event.js";
import { Lately } from "../../component/messenger/lately.js";
import { FakeClock } from "../harness/fake-clock.js";

const romeo = bare("romeo@montague.lit");
const juliet = bare("juliet@capulet.lit");
const url = "https://upload.montague.lit/s/summit.jpg";
const links = (...all: (string | Linked)[]) => ({
  type: "links" as const,
  links: all.map((link) => (typeof link === "string" ? { url: link } : link)),
  wantsReceipt: false,
});
const text = (words: string, id: string, corrects?: string) => ({
  type: "text" as const,
  text: words,
  id,
  wantsReceipt: false,
  ...(corrects !== undefined && { corrects }),
});

let clock: FakeClock;
let lately: Lately;
beforeEach(() => {
  clock = new FakeClock();
  lately = new Lately(clock);
});

test("a link that is said twice within a moment is one, however it is written", async () => {
  expect(lately.fresh(romeo, links(url))).toEqual(links(url));
  await clock.turn(2_999);
  expect(lately.fresh(romeo, links(url.replace("upload", "UPLOAD")))).toBeUndefined();
  expect(lately.fresh(romeo, links(url, `${url}?2`))).toEqual(links(`${url}?2`));
  expect(lately.fresh(juliet, links(url))).toEqual(links(url));
});

test("sent again later, it is tried again", async () => {
  lately.fresh(romeo, links(url));
  await clock.turn(3_000);
  expect(lately.fresh(romeo, links(url))).toEqual(links(url));
});

test("sources that follow have what their file was announced with, and only from the same sender", () => {
  const file = { name: "summit.jpg", size: 5, sha256: "ab".repeat(32) };
  lately.announce(romeo, "d1", [
    { id: "f1", file },
    { id: "f2", file: { name: "other" } },
  ]);
  const source = { url, announcedBy: { message: "d1", id: "f1" } };
  expect(lately.fresh(juliet, links(source))).toEqual(links(url));
  expect(lately.fresh(romeo, links(source))).toEqual(links({ url, ...file }));
});

test.each([
  ["an unknown message", { message: "d2", id: "f1" }],
  ["an unknown file", { message: "d1", id: "f3" }],
  ["one of two files, unsaid which", { message: "d1" }],
])("sources of %s are plain links", (_, announcedBy) => {
  lately.announce(romeo, "d1", [
    { id: "f1", file: { size: 5 } },
    { id: "f2", file: { size: 6 } },
  ]);
  expect(lately.fresh(romeo, links({ url, announcedBy }))).toEqual(links(url));
});

test("what the later message says itself counts more", () => {
  lately.announce(romeo, "d1", [{ file: { name: "old", size: 5 } }]);
  const source = { url, name: "new", announcedBy: { message: "d1" } };
  expect(lately.fresh(romeo, links(source))).toEqual(links({ url, name: "new", size: 5 }));
});

test("announcements are forgotten: the oldest of a sender beyond eight, and all an hour after he was last heard of", async () => {
  lately.announce(romeo, "d1", [{ file: { size: 1 } }]);
  for (let i = 2; i <= 9; i++) lately.announce(romeo, `d${i}`, [{ file: { size: i } }]);
  const source = (n: number) => ({ url: `${url}?${n}`, announcedBy: { message: `d${n}` } });
  expect(lately.fresh(romeo, links(source(1)))).toEqual(links(`${url}?1`));
  expect(lately.fresh(romeo, links(source(2)))).toEqual(links({ url: `${url}?2`, size: 2 }));
  await clock.turn(3_600_000);
  lately.fresh(juliet, links(url));
  expect(lately.fresh(romeo, links(source(3)))).toEqual(links(`${url}?3`));
});

test("a correction counts when it changes something, each time against the last one", () => {
  expect(lately.fresh(romeo, text("send 1 to juliet", "a"))).toBeDefined();
  expect(lately.fresh(romeo, text("send 1 to juliet", "b", "a"))).toBeUndefined();
  expect(lately.fresh(romeo, text("send 2 to juliet", "c", "a"))).toBeDefined();
  expect(lately.fresh(romeo, text("send 2 to juliet", "d", "a"))).toBeUndefined();
  expect(lately.fresh(romeo, text("send 1 to juliet", "e", "a"))).toBeDefined();
});

test("the same words again are said again, and so is a correction of what is not known", () => {
  expect(lately.fresh(romeo, text("list", "a"))).toBeDefined();
  expect(lately.fresh(romeo, text("list", "b"))).toBeDefined();
  expect(lately.fresh(romeo, text("list", "c", "a"))).toBeDefined();
  expect(lately.fresh(juliet, text("list", "d", "c"))).toBeDefined();
});

test("a corrected message that has the same link is not fetched again", async () => {
  lately.fresh(romeo, { ...links(url), id: "a" });
  await clock.turn(60_000);
  expect(lately.fresh(romeo, { ...links(url), id: "b", corrects: "a" })).toBeUndefined();
});
