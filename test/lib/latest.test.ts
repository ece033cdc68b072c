import { expect, test } from "@jest/globals";
import { putLast } from "../../component/lib/latest.js";

test("what has not been put for longest gives way", () => {
  const map = new Map<string, number>();
  putLast(map, "a", 1, 2);
  putLast(map, "b", 2, 2);
  putLast(map, "a", 3, 2);
  expect([...map]).toEqual([
    ["b", 2],
    ["a", 3],
  ]);
  putLast(map, "c", 4, 2);
  expect([...map]).toEqual([
    ["a", 3],
    ["c", 4],
  ]);
});
