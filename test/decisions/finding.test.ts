/** The words in which operators are told. */
import { expect, test } from "@jest/globals";
import { place, wordsOf } from "../../component/finding.js";
import { Refusal } from "../../component/lib/errors.js";

const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:5432"), { code: "ECONNREFUSED" });

test("what is said to people in a chat is nothing to an operator, where there is a reason", () => {
  expect(wordsOf(new Refusal("index-down", {}, { cause: refused }))).toBe("connect ECONNREFUSED 127.0.0.1:5432");
  const outer = new Error("no good answer", { cause: new Refusal("storage-down", {}, { cause: refused }) });
  expect(wordsOf(outer)).toBe("no good answer: connect ECONNREFUSED 127.0.0.1:5432");
  expect(wordsOf(new Refusal("scanner-down"))).toContain("virus check");
});

test("the same word is said once; who says nothing is called what he is", () => {
  expect(wordsOf(new Error("away", { cause: new Error("away") }))).toBe("away");
  expect(wordsOf(Object.assign(new Error(""), { code: "EPIPE" }))).toBe("EPIPE");
});

test.each([
  ["127.0.0.1", "127.0.0.1:80"],
  ["files.example.org", "files.example.org:80"],
  ["::", "[::]:80"],
  ["fd00::1", "[fd00::1]:80"],
])("%s and a port", (host, written) => {
  expect(place({ host, port: 80 })).toBe(written);
});
