/** One line about several parcels: what it says of them, and when it is said anew, replaced, or left alone. */
import { describe, expect, test } from "@jest/globals";
import type { Parcel, ParcelState } from "../../component/control/ports.js";
import { isOver, lineId, manner, saidAt, summaryLine } from "../../component/control/notices/summary.js";
import { bare } from "../../component/lib/jid.js";
import { render, type Language } from "../../component/lib/languages/index.js";

const parcel = (state: ParcelState, n: number): Parcel => ({
  id: `p${n}`, fileId: "f", sender: bare("romeo@x.org"), recipient: bare(`u${n}@x.org`), senderNumber: 4, number: n, state, method: "link",
  tries: 1, version: 2, since: 0, changed: 0, until: 864e5, name: "report.pdf", size: 1000, mediaType: "application/pdf", sha256: "", mark: "", summary: "s", via: "",
}); // prettier-ignore
/** `{ delivered: 2, moving: 1 }` → three parcels, numbered from 1. */
const parcels = (counts: Partial<Record<ParcelState, number>>): Parcel[] =>
  Object.entries(counts).flatMap(([state, n]) => Array<ParcelState>(n).fill(state as ParcelState)).map((state, i) => parcel(state, i + 1)); // prettier-ignore
const said = (counts: Partial<Record<ParcelState, number>>, language: Language = "en"): string =>
  render(summaryLine(parcels(counts)), language);

describe("the line", () => {
  test.each<[Partial<Record<ParcelState, number>>, string]>([
    [{ waiting: 2 }, "report.pdf (number 4) for 2 people: it waits for all 2."],
    [{ waiting: 1, delivered: 1 }, "report.pdf (number 4) for 2 people: u2@x.org has it, it waits for u1@x.org."],
    [{ delivered: 5 }, "report.pdf (number 4) for 5 people: all 5 have it."],
    [
      { moving: 1, declined: 1, waiting: 1, delivered: 2 },
      "report.pdf (number 4) for 5 people: u4@x.org and u5@x.org have it, u1@x.org is taking it, it waits for u3@x.org, u2@x.org does not want it.",
    ],
    [
      { delivered: 40, offered: 4, waiting: 5, declined: 1 },
      "report.pdf (number 4) for 50 people: 40 have it, 4 are being asked, it waits for 5, u50@x.org does not want it.",
    ],
    [
      { expired: 2, failed: 1, withdrawn: 4 },
      "report.pdf (number 4) for 7 people: u1@x.org and u2@x.org did not fetch it in time, it could not be handed to u3@x.org, it was taken back from 4.",
    ],
    [{ moving: 1 }, "report.pdf (number 4) for 1 person: u1@x.org is taking it."],
  ])("%j", (counts, line) => {
    expect(said(counts)).toBe(line);
  });

  test("in other languages", () => {
    expect(said({ delivered: 4, moving: 1, declined: 1 }, "de")).toBe(
      "report.pdf (Nummer 4) für 6 Leute: 4 haben sie, u5@x.org holt sie gerade, u6@x.org möchte sie nicht haben.",
    );
    expect(said({ delivered: 4, waiting: 4 }, "ko")).toBe(
      "8명에게 보내는 report.pdf (4번): 4명 받음, 4명 기다리는 중.",
    );
  });

  test("counts everybody once, in whatever states they are", () => {
    const all = { delivered: 4, moving: 4, offered: 4, waiting: 4, declined: 4, expired: 4, failed: 4, withdrawn: 4 };
    expect(said(all).match(/\b4\b/g)).toHaveLength(1 + 8); // the file's number, and one for each state
  });

  test("a name from outside cannot break out of it", () => {
    const [one] = parcels({ waiting: 1 });
    expect(render(summaryLine([{ ...one!, name: "a\nb\u202e{who}.pdf" }]), "en")).not.toMatch(/\n|\u202e/);
  });
});

test.each<[Partial<Record<ParcelState, number>>, boolean]>([
  [{ delivered: 1, declined: 1, expired: 1, failed: 1, withdrawn: 1 }, true],
  [{ delivered: 5, waiting: 1 }, false],
  [{ delivered: 5, offered: 1 }, false],
  [{ delivered: 5, moving: 1 }, false],
])("%j: all is over: %p", (counts, over) => {
  expect(isOver(parcels(counts))).toBe(over);
});

describe("news", () => {
  const NOW = Date.UTC(2026, 10, 22);
  const MINUTE = 60_000;
  const HOUR = 60 * MINUTE;
  const at = (ago: number): string => lineId("x", NOW - ago);
  const corrects = { corrects: true, isOver: false, since: NOW, now: NOW };
  const only = { ...corrects, corrects: false };

  test.each<[string, Parameters<typeof manner>[0], ReturnType<typeof manner>]>([
    ["the first word", { ...corrects, message: "" }, "anew"],
    ["the first word, for a client that corrects nothing", { ...only, message: "" }, "anew"],
    ["a moment later", { ...corrects, message: at(3000) }, "amend"],
    ["hours later", { ...corrects, message: at(11 * HOUR) }, "amend"],
    ["the line is far up", { ...corrects, message: at(13 * HOUR) }, "anew"],
    ["the last word, into a line of today's", { ...corrects, isOver: true, message: at(30 * MINUTE) }, "amend"],
    ["the last word, after a long while", { ...corrects, isOver: true, message: at(2 * HOUR) }, "anew"],
    ["he was away meanwhile", { ...corrects, since: NOW - 2 * MINUTE, message: at(3 * MINUTE) }, "anew"],
    ["a client that corrects nothing is not told every step", { ...only, message: at(3000) }, "nothing"],
    ["but what has waited for him", { ...only, since: NOW - 2 * MINUTE, message: at(3 * MINUTE) }, "anew"],
    ["and the last word", { ...only, isOver: true, message: at(3000) }, "anew"],
  ])("%s", (_, of, how) => {
    expect(manner(of)).toBe(how);
  });

  test("a line's id tells when it was said; any other is long ago", () => {
    expect(saidAt(lineId("abc-def", NOW))).toBe(NOW);
    for (const id of ["", "-", "~", "é"]) expect(saidAt(id)).toBeLessThan(NOW - 1000 * HOUR);
  });
});
