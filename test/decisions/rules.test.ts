import { describe, expect, test } from "@jest/globals";
import { Rules } from "../../component/control/people/rules.js";
import type { Refusal } from "../../component/lib/errors.js";
import { bare } from "../../component/lib/jid.js";

const DOMAIN = "files.example.org";
const rules = (recipients: string[] = []): Rules =>
  new Rules({ domain: DOMAIN, domains: ["example.org", "both.example"], recipients, refuse: ["evil.example", "both.example"] }); // prettier-ignore

describe("who may be sent to", () => {
  test.each([
    ["juliet@example.org", [], "yes"],
    ["juliet@anywhere.example", [], "yes"],
    ["juliet@anywhere.example", ["verona.example"], "recipient-not-served"],
    ["nurse@verona.example", ["verona.example"], "yes"],
    ["juliet@example.org", ["verona.example"], "yes"],
    ["x@evil.example", [], "recipient-not-served"],
    ["x@evil.example", ["evil.example"], "recipient-not-served"],
    ["x@both.example", [], "recipient-not-served"],
    ["bot@files.example.org", [], "bad-address"],
    ["juliet\\40example.org@files.example.org", [], "bad-address"],
    ["example.org", [], "bad-address"],
  ])("%s, where %j may: %s", (person, recipients, answer) => {
    let got = "yes";
    try {
      rules(recipients).requireRecipient(bare(person));
    } catch (e) {
      got = (e as Refusal).code;
    }
    expect(got).toBe(answer);
  });
});

describe("who has whose address here", () => {
  test.each([
    ["a member, everybody's", "romeo@example.org", "juliet@anywhere.example", true],
    ["a member, a member's", "romeo@example.org", "juliet@example.org", true],
    ["others, a member's", "nurse@verona.example", "romeo@example.org", true],
    ["others, no other's", "nurse@verona.example", "friar@cell.example", false],
    ["a member, no refused one's", "romeo@example.org", "x@evil.example", false],
    ["a refused one, nobody's", "x@evil.example", "romeo@example.org", false],
    ["whose domain is refused is no member", "x@both.example", "juliet@anywhere.example", false],
  ])("%s", (_, asker, person, has) => {
    const address = bare(`${person.replace("@", "\\40")}@${DOMAIN}`);
    expect(rules().personBehind(address, bare(asker))).toBe(has ? person : undefined);
  });

  test("where only some may be sent to, nobody else has an address", () => {
    const some = rules(["verona.example"]);
    expect(some.personBehind(bare(`juliet\\40anywhere.example@${DOMAIN}`), bare("romeo@example.org"))).toBeUndefined();
    expect(some.personBehind(bare(`nurse\\40verona.example@${DOMAIN}`), bare("romeo@example.org"))).toBeDefined();
  });
});
