import { expect, test } from "@jest/globals";
import { addresseesOf } from "../../component/control/intake/addressees.js";

const [JULIET, NURSE] = ["juliet@example.org", "nurse@example.net"];

test.each<[string, string[]]>([
  ["juliet@example.org", [JULIET]],
  ["to juliet@example.org", [JULIET]],
  ["For: Juliet@Example.org.", [JULIET]],
  ["an juliet@example.org und nurse@example.net", [JULIET, NURSE]],
  ["to juliet@example.org, nurse@example.net", [JULIET, NURSE]],
  ["juliet@example.org and nurse@example.net, juliet@example.org", [JULIET, NURSE]],
  ["juliet@example.org;nurse@example.net\n", [JULIET, NURSE]],
  ["to <xmpp:juliet@example.org>", [JULIET]],
  ["", []],
  ["to", []],
  ["to everybody", []],
  ["to juliet@example.org because she asked", []],
  ["tojuliet@example.org", ["tojuliet@example.org"]],
  ["pictures of juliet@example.org", []],
  ["to example.org", []],
  ["to juliet@example.org/balcony", []],
  ["to mailto:juliet@example.org", []],
  ["https://example.org/@juliet", []],
  ["\u202eto juliet@example.org", [JULIET]],
])("%j", (description, addresses) => {
  expect(addresseesOf(description)).toEqual(addresses);
});

test("more than anybody writes beside a file names nobody", () => {
  const list = (n: number): string => Array.from({ length: n }, (_, i) => `a${i}@example.org`).join(", ");
  expect(addresseesOf(list(50))).toHaveLength(50);
  expect(addresseesOf(list(51))).toEqual([]);
});
