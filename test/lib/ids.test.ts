import { expect, test } from "@jest/globals";
import { hashToken, newToken, randomId } from "../../component/lib/ids.js";

test("ids are 128 bits that fit into a URL, and never the same", () => {
  const ids = Array.from({ length: 1000 }, randomId);
  for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/);
  expect(new Set(ids).size).toBe(1000);
});

test("a token is found again by its hash, which does not contain it", () => {
  const { token, hash } = newToken();
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(hashToken(token)).toBe(hash);
  expect(hashToken("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); // FIPS 180-2, B.1
});
