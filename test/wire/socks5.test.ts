/** The SOCKS5 handshake of XEP-0065 §6 as bytes. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  GREETING,
  isAddress,
  METHOD,
  MOST_OF_HANDSHAKE,
  readGreeting,
  readMethod,
  readReply,
  readRequest,
  REPLY,
  reply,
  request,
  type Step,
} from "../../component/transfer/socks5/wire.js";

const ADDRESS = "972b7bf47291ca609517f67f86b5081086052dad"; // XEP-0065, example 11
const hex = (text: string): Uint8Array => Buffer.from(text.replace(/\s/g, ""), "hex");
const hashHex = Buffer.from(ADDRESS).toString("hex");
const ADDRESS_HEX = `03 28 ${hashHex} 0000`;
const codes = { notAllowed: 2, command: 7, type: 8 };
const answer = (code: number): Uint8Array => hex(`05 0${code} 00 01 00000000 0000`);

type Read = (bytes: Uint8Array) => Step<object>;

test("what we say is what the XEP shows", () => {
  expect(GREETING).toEqual(hex("05 01 00"));
  expect(METHOD).toEqual(hex("05 00"));
  expect(Buffer.from(request(ADDRESS))).toEqual(hex(`05 01 00 ${ADDRESS_HEX}`));
  expect(Buffer.from(reply(REPLY.succeeded, ADDRESS))).toEqual(hex(`05 00 00 ${ADDRESS_HEX}`));
  expect(reply(REPLY.notAllowed)).toEqual(answer(codes.notAllowed));
});

const WHOLE: [string, Read, string, object][] = [
  ["a greeting with one method", readGreeting, "05 01 00", {}],
  ["a greeting with several", readGreeting, "05 03 02 01 00", {}],
  ["a greeting with as many as there can be", readGreeting, `05 ff ${"01".repeat(254)} 00`, {}],
  ["a request", readRequest, `05 01 00 ${ADDRESS_HEX}`, { address: ADDRESS }],
  ["a request in capitals", readRequest, `05 01 00 03 28 ${Buffer.from(ADDRESS.toUpperCase()).toString("hex")} 0000`, { address: ADDRESS }], // prettier-ignore
  ["a method", readMethod, "05 00", {}],
  ["an answer with the hash", readReply, `05 00 00 ${ADDRESS_HEX}`, {}],
  ["an answer with IPv4", readReply, "05 00 00 01 7f000001 1d78", {}],
  ["an answer with IPv6", readReply, "05 00 00 04 00000000000000000000000000000001 1d78", {}],
  ["an answer with an empty domain", readReply, "05 00 00 03 00 0000", {}],
  ["an answer with the longest domain", readReply, `05 00 00 03 ff ${"61".repeat(255)} 0000`, {}],
];

describe.each(WHOLE)("%s", (_, read, text, more) => {
  const bytes = hex(text);

  test("is read, and what follows it is left", () => {
    const done = { type: "done", taken: bytes.length, ...more };
    expect(read(bytes)).toEqual(done);
    expect(read(Buffer.concat([bytes, Buffer.from("\x05early")]))).toEqual(done);
  });

  test("is waited for, wherever it is cut", () => {
    for (let n = 0; n < bytes.length; n++) expect(read(bytes.subarray(0, n))).toEqual({ type: "more" });
  });

  test("fits the memory that it gets, twice", () => expect(bytes.length * 2).toBeLessThanOrEqual(MOST_OF_HANDSHAKE));
});

const REFUSED: [string, Read, string, Uint8Array][] = [
  ["HTTP", readGreeting, Buffer.from("GET / HTTP/1.1\r\n").toString("hex"), hex("")],
  ["SOCKS4", readGreeting, "04 01 0050 7f000001 00", hex("")],
  ["TLS", readGreeting, "16 03 01", hex("")],
  ["no method", readGreeting, "05 00", hex("05 ff")],
  ["a password", readGreeting, "05 02 01 02", hex("05 ff")],
  ["IPv4", readRequest, "05 01 00 01 7f000001 0019", answer(codes.type)],
  ["IPv6", readRequest, "05 01 00 04 00000000000000000000000000000001 0019", answer(codes.type)],
  ["an address type that does not exist", readRequest, "05 01 00 02 28", answer(codes.type)],
  ["BIND", readRequest, `05 02 00 ${ADDRESS_HEX}`, answer(codes.command)],
  ["UDP ASSOCIATE", readRequest, `05 03 00 ${ADDRESS_HEX}`, answer(codes.command)],
  ["a name", readRequest, "05 01 00 03 09 6c6f63616c686f7374 0019", answer(codes.notAllowed)],
  ["an empty name", readRequest, "05 01 00 03 00 0000", answer(codes.notAllowed)],
  ["40 characters that are not hex", readRequest, `05 01 00 03 28 ${"7a".repeat(40)} 0000`, answer(codes.notAllowed)],
  ["41 characters", readRequest, `05 01 00 03 29 ${hashHex}61 0000`, answer(codes.notAllowed)],
  ["a port", readRequest, `05 01 00 03 28 ${hashHex} 0050`, answer(codes.notAllowed)],
  ["a request of another version", readRequest, `04 01 00 ${ADDRESS_HEX}`, hex("")],
  ["a host that wants a password", readMethod, "05 02", hex("")],
  ["a host without a method", readMethod, "05 ff", hex("")],
  ["a host that speaks HTTP", readMethod, Buffer.from("HTTP/1.1 400").toString("hex"), hex("")],
  ["a host that refuses", readReply, "05 05", hex("")],
  ["a host with an unknown address type", readReply, "05 00 00 05", hex("")],
];

test.each(REFUSED)("%s is refused", (_, read, text, say) => {
  const result = read(hex(text));
  expect(result).toEqual({ type: "refused", say, why: expect.any(String) });
});

test("no bytes make a step throw, take more than there is, or wait for more than the memory holds", () => {
  const reads: Read[] = [readGreeting, readRequest, readMethod, readReply];
  const start = fc.constantFrom("", "05", "0501", "050100", "05010003", "05000003");
  fc.assert(
    fc.property(fc.constantFrom(...reads), start, fc.uint8Array({ maxLength: 600 }), (read, head, tail) => {
      const bytes = Buffer.concat([hex(head), tail]);
      const result = read(bytes);
      if (result.type === "done") expect(result.taken).toBeLessThanOrEqual(bytes.length);
      if (result.type === "more") expect(bytes.length).toBeLessThan(MOST_OF_HANDSHAKE);
    }),
  );
});

test("an address is a SHA-1 in lower-case hex", () => {
  expect(isAddress(ADDRESS)).toBe(true);
  for (const wrong of ["", ADDRESS.toUpperCase(), `${ADDRESS}0`, ADDRESS.slice(1), `${ADDRESS}\n`])
    expect(isAddress(wrong)).toBe(false);
});
