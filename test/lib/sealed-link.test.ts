/** aesgcm: links: which are well-formed, where their ciphertext is fetched, and the same ciphertext at another place. */
import { describe, expect, test } from "@jest/globals";
import { isSealed, readSealed, sealAgain } from "../../component/lib/sealed-link.js";

const IV = "8c3d050e9386ec173861778f";
const KEY = "68e9af38a97aaf82faa4063b4d0878a61261534410c8a84331eaac851759f587";
const HOST = "//download.montague.tld/4a771ac1-f0b2-4a4a-9700-f2a26fa2bb67/tr%C3%A8s%20cool.jpg";

test("XEP-0454 §3", () => {
  expect(readSealed(`aesgcm:${HOST}#${IV}${KEY}`)).toEqual({ url: `https:${HOST}`, key: IV + KEY });
  expect(sealAgain(`aesgcm://h.example/a#${IV}${KEY}`, `https:${HOST}`)).toBe(`aesgcm:${HOST}#${IV}${KEY}`);
});

test.each([
  ["the longer vector of older clients", `aesgcm://h.example/a#${IV}00000000${KEY}`, "https://h.example/a"],
  ["capital letters", `AESGCM://h.example/a#${(IV + KEY).toUpperCase()}`, "https://h.example/a"],
  ["a port and a query", `aesgcm://h.example:5281/a?v=1&t=2#${IV}${KEY}`, "https://h.example:5281/a?v=1&t=2"],
])("also %s", (_, link, url) => {
  expect(readSealed(link)).toEqual({ url, key: link.split("#")[1] });
});

describe("not well-formed", () => {
  test.each([
    ["no key", "aesgcm://h.example/a"],
    ["an empty key", "aesgcm://h.example/a#"],
    ["the key without its vector", `aesgcm://h.example/a#${KEY}`],
    ["a digit too few", `aesgcm://h.example/a#${IV}${KEY.slice(1)}`],
    ["a digit too many", `aesgcm://h.example/a#${IV}${KEY}0`],
    ["a letter that is no digit", `aesgcm://h.example/a#g${IV.slice(1)}${KEY}`],
    ["two keys", `aesgcm://h.example/a#${IV}${KEY}#${IV}${KEY}`],
    ["no host", `aesgcm:///a#${IV}${KEY}`],
    ["no slashes", `aesgcm:h.example/a#${IV}${KEY}`],
    ["a space", `aesgcm://h.example/a b#${IV}${KEY}`],
    ["words after it", `aesgcm://h.example/a#${IV}${KEY} look`],
    ["a line after it", `aesgcm://h.example/a#${IV}${KEY}\nlook`],
    ["another scheme", `https://h.example/a#${IV}${KEY}`],
  ])("%s", (_, link) => {
    expect(readSealed(link)).toBeUndefined();
  });
});

test("meant as one, even when it is none", () => {
  expect(["aesgcm://h/a", "AesGcm://", "aesgcm:h", "aesgcm", "xaesgcm://h"].map(isSealed)).toEqual([true, true, false, false, false]); // prettier-ignore
});

test("no sealed link to what is not reached by https", () => {
  expect(sealAgain(`aesgcm://h.example/a#${IV}${KEY}`, "http://127.0.0.1:8090/g/t/a")).toBeUndefined();
});
