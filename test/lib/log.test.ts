import { expect, test } from "@jest/globals";
import { loggable, reasonsOf } from "../../component/lib/log.js";

test("reasons are sentences alone, however deep, and nothing of what was being read", () => {
  const parse = Object.assign(new Error("Expected HTTP/"), { code: "HPE_INVALID", rawPacket: Buffer.from("secret") });
  const outer = new Error("no answer", { cause: new Error("the connection broke", { cause: parse }) });
  expect(reasonsOf(outer)).toEqual(["no answer", "the connection broke", "HPE_INVALID: Expected HTTP/"]);
  expect(reasonsOf(undefined)).toEqual([]);
});

test("reasons that lead in a circle end", () => {
  const error = new Error("again");
  error.cause = error;
  expect(reasonsOf(error)).toHaveLength(5);
});

test("a database is named without its password", () => {
  expect(loggable("postgres://me:pw@db.example:5432/restante?sslkey=k")).toBe("postgres://db.example:5432/restante");
  expect(loggable("what?")).toBe("(no URL)");
});
