import { expect, test } from "@jest/globals";
import { Sets } from "../../component/lib/sets.js";

test("each has what is his, once, until it is dropped; who has nothing has an empty set", () => {
  const sets = new Sets<string, number>();
  sets.add("romeo", 1);
  sets.add("romeo", 2);
  sets.add("romeo", 2);
  sets.add("juliet", 2);
  sets.drop("romeo", 1);
  sets.drop("nobody", 1);
  expect([...sets.of("romeo")]).toEqual([2]);
  sets.drop("romeo", 2);
  expect([...sets.of("romeo")]).toEqual([]);
  expect([...sets.of("juliet")]).toEqual([2]);
});
