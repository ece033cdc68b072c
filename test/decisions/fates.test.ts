import { beforeEach, expect, test } from "@jest/globals";
import { bare, toJid } from "../../component/lib/jid.js";
import { type Fate, Fates } from "../../component/messenger/methods/fates.js";
import { FakeClock } from "../harness/fake-clock.js";

const juliet = bare("juliet@capulet.lit");
const balcony = toJid("juliet@capulet.lit/balcony")!;
const romeo = toJid("romeo@montague.lit/orchard")!;

let clock: FakeClock;
let fates: Fates;
let told: Fate[];
const tell = (fate: Fate): void => void told.push(fate);
beforeEach(() => {
  clock = new FakeClock();
  fates = new Fates(clock);
  told = [];
});

test("a receipt from any client of the address tells once, whatever comes after", async () => {
  fates.watch(juliet, "m1", tell, 1000);
  expect(fates.reached(balcony, "m1")).toBe(true);
  expect(fates.reached(toJid("juliet@capulet.lit/garden")!, "m1")).toBe(false);
  expect(fates.bounced(juliet, "m1", "gone")).toBe(false);
  await clock.turn(10_000);
  expect(told).toEqual([{ type: "reached" }]);
});

test("an error says why", () => {
  fates.watch(juliet, "m1", tell);
  expect(fates.bounced(juliet, "m1", "service-unavailable")).toBe(true);
  expect(told).toEqual([{ type: "bounced", condition: "service-unavailable" }]);
});

test("nobody else has a say, and no other id", async () => {
  fates.watch(juliet, "m1", tell, 1000);
  expect(fates.reached(romeo, "m1")).toBe(false);
  expect(fates.bounced(romeo, "m1", "gone")).toBe(false);
  expect(fates.reached(balcony, "m2")).toBe(false);
  expect(told).toEqual([]);
});

test("silence counts when the patience ends, and a late receipt still does", async () => {
  fates.watch(juliet, "m1", tell, 1000);
  await clock.turn(999);
  expect(told).toEqual([]);
  await clock.turn(1);
  fates.reached(balcony, "m1");
  expect(told).toEqual([{ type: "unreached" }, { type: "reached" }]);
});

test("without patience silence says nothing, and nothing stays behind", async () => {
  fates.watch(juliet, "m1", tell);
  await clock.turn(900_000);
  expect(told).toEqual([]);
  fates.watch(juliet, "m2", tell); // looks after the old ones
  expect(fates.reached(balcony, "m1")).toBe(false);
});

test("ended, it tells nothing and holds no timer", async () => {
  const end = fates.watch(juliet, "m1", tell, 1000);
  end();
  end();
  expect(clock.waiting).toBe(0);
  expect(fates.reached(balcony, "m1")).toBe(false);
  expect(told).toEqual([]);
});

test("the oldest is forgotten when there are too many", () => {
  for (let i = 0; i <= 25_000; i++) fates.watch(juliet, `m${i}`, tell);
  expect(fates.reached(balcony, "m0")).toBe(false);
  expect(fates.reached(balcony, "m1")).toBe(true);
});

test("what is held for the case that it comes back has a bound, and takes nobody else's place", () => {
  fates.watch(juliet, "offer", tell);
  for (let i = 0; i < 1000; i++) fates.watch(juliet, `words ${i}`, tell, undefined, 16_384);
  expect(fates.bounced(juliet, "words 0", "gone")).toBe(false);
  expect(fates.bounced(juliet, "words 999", "gone")).toBe(true);
  expect(fates.bounced(juliet, "offer", "gone")).toBe(true);
  const known = Array.from({ length: 999 }, (_, i) => fates.bounced(juliet, `words ${i}`, "gone")).filter(Boolean);
  expect(known).toHaveLength(247);
});

test("short words are held for more than their letters", () => {
  for (let i = 0; i < 10_000; i++) fates.watch(juliet, `words ${i}`, tell, undefined, 12);
  const known = Array.from({ length: 10_000 }, (_, i) => fates.bounced(juliet, `words ${i}`, "gone")).filter(Boolean);
  expect(known).toHaveLength(8004);
});
