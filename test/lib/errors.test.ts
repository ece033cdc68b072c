import { describe, expect, test } from "@jest/globals";
import { ERRORS, Refusal, asRefusal, type ErrorCode } from "../../component/lib/errors.js";

/** RFC 6120 §8.3.3: every defined condition. */
const CONDITIONS =
  "bad-request conflict feature-not-implemented forbidden gone internal-server-error item-not-found jid-malformed not-acceptable not-allowed not-authorized policy-violation recipient-unavailable redirect registration-required remote-server-not-found remote-server-timeout resource-constraint service-unavailable subscription-required undefined-condition unexpected-request".split(
    " ",
  );

describe.each(Object.entries(ERRORS))("%s", (code, row) => {
  test("has a condition and a status", () => {
    expect(CONDITIONS).toContain(row.condition);
    expect(["cancel", "modify", "auth", "wait"]).toContain(row.type);
    expect(row.http).toBeGreaterThanOrEqual(400);
    expect(row.http).toBeLessThan(600);
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  test("a refusal carries it, and leaves no gap open", () => {
    const refusal = new Refusal(code as ErrorCode);
    expect(refusal.row).toBe(row);
    expect(refusal.message).not.toMatch(/\{\w+\}/);
  });
});

test("what is not a refusal is told as internal, and kept for the log", () => {
  const bug = new TypeError("x is not a function at /srv/secret");
  expect(asRefusal(bug)).toMatchObject({ code: "internal", cause: bug });
  expect(asRefusal(bug).message).not.toContain("secret");
  const refusal = new Refusal("blocked", { who: "juliet@example.org" });
  expect(asRefusal(refusal)).toBe(refusal);
});
