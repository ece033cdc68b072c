/** Which addresses may be reached: every way to write the ones that may not. */
import { describe, expect, it, test } from "@jest/globals";
import { Guard, type Resolve } from "../../component/transfer/guard.js";
import { Refusal } from "../../component/lib/errors.js";

const PORTS = [80, 443, 5280];
const never = new AbortController().signal;
const nowhere: Resolve = () => Promise.reject(new Error("ENOTFOUND"));
const answering =
  (...addresses: string[]): Resolve =>
  () =>
    Promise.resolve(addresses);

const open = new Guard({ allowPrivate: false, ports: PORTS, resolve: nowhere });
const intranet = new Guard({ allowPrivate: true, ports: PORTS, resolve: nowhere });

function codeOf(what: () => unknown): string {
  try {
    what();
    return "passes";
  } catch (e) {
    return e instanceof Refusal ? e.code : String(e);
  }
}

async function answerOf(guard: Guard, host: string): Promise<string> {
  try {
    return (await guard.resolve(host, never)).map((c) => `${c.address}/${c.family}`).join(" ");
  } catch (e) {
    return e instanceof Refusal ? e.code : String(e);
  }
}

const PRIVATE_LITERALS = [
  "127.0.0.1",
  "127.0.0.1.",
  "127.1",
  "2130706433",
  "0x7f.1",
  "0x7f000001",
  "0177.0.0.1",
  "127%2e0.0.1",
  "①②⑦.0.0.1",
  "127。0。0。1",
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "100.64.0.1",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::FFFF:10.0.0.1]",
  "[64:ff9b::127.0.0.1]",
  "[64:ff9b::a00:1]",
  "[fc00::1]",
  "[fd12:3456::1]",
];

const NEVER_LITERALS = [
  "0.0.0.0",
  "0",
  "0.1.2.3",
  "169.254.169.254",
  "[::ffff:169.254.169.254]",
  "[64:ff9b::a9fe:a9fe]",
  "224.0.0.1",
  "255.255.255.255",
  "240.0.0.1",
  "192.0.2.1",
  "192.88.99.1",
  "198.18.0.1",
  "198.51.100.1",
  "203.0.113.1",
  "192.0.0.1",
  "[::]",
  "[::ffff:0.0.0.0]",
  "[::7f00:1]",
  "[64:ff9b:1::7f00:1]",
  "[fe80::1]",
  "[fec0::1]",
  "[ff02::1]",
  "[100::1]",
  "[2001::1]",
  "[2002:7f00:1::1]",
  "[2001:db8::1]",
  "[2001:2::1]",
  "[4000::1]",
];

const PUBLIC_LITERALS = [
  "93.184.216.34",
  "0x5db8d822",
  "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]",
  "[64:ff9b::5db8:d822]",
];

describe("a link's host, written as an address", () => {
  test.each(PRIVATE_LITERALS)("%s is private", (host) => {
    expect(codeOf(() => open.judge(`http://${host}/x`))).toBe("link-not-allowed");
    expect(codeOf(() => intranet.judge(`http://${host}/x`))).toBe("passes");
  });
  test.each(NEVER_LITERALS)("%s is never reached", (host) => {
    expect(codeOf(() => open.judge(`http://${host}/x`))).toBe("link-not-allowed");
    expect(codeOf(() => intranet.judge(`http://${host}/x`))).toBe("link-not-allowed");
  });
  test.each(PUBLIC_LITERALS)("%s is public", (host) => {
    expect(codeOf(() => open.judge(`http://${host}/x`))).toBe("passes");
  });
  test.each(["localhost", "LOCALHOST.", "a.localhost"])("%s is this machine", (host) => {
    expect(codeOf(() => open.judge(`http://${host}/`))).toBe("link-not-allowed");
    expect(codeOf(() => intranet.judge(`http://${host}/`))).toBe("passes");
  });
});

test.each([
  ["https://files.example.org/a/b.jpg?x=1", "passes"],
  ["http://files.example.org:5280/a", "passes"],
  ["HTTP://bücher.example/ä", "passes"],
  ["http://files.example.org:80/", "passes"],
  ["http://files.example.org:22/", "link-not-allowed"],
  ["https://files.example.org:80/", "passes"],
  ["http://files.example.org:0/", "link-not-allowed"],
  ["http://files.example.org:99999/", "link-bad"],
  ["ftp://files.example.org/a", "link-bad"],
  ["file:///etc/passwd", "link-bad"],
  ["gopher://files.example.org/", "link-bad"],
  ["data:text/plain,hello", "link-bad"],
  ["aesgcm://files.example.org/a#00", "link-bad"],
  ["javascript:alert(1)", "link-bad"],
  ["http://user@files.example.org/", "link-bad"],
  ["http://user:password@files.example.org/", "link-bad"],
  ["http://files.example.org@127.0.0.1/", "link-bad"],
  ["http://[fe80::1%25lo]/", "link-bad"],
  ["http://256.1.1.1/", "link-bad"],
  ["http:///", "link-bad"],
  ["http://", "link-bad"],
  ["files.example.org/a", "link-bad"],
  ["", "link-bad"],
  [" http://files.example.org/", "link-bad"],
  ["http://files.exa\nmple.org/", "link-bad"],
  ["http://files.example.org/\u0000", "link-bad"],
  ["http:\\\\127.0.0.1\\", "link-not-allowed"],
  ["http:127.0.0.1", "link-not-allowed"],
  [`http://files.example.org/${"a".repeat(5000)}`, "link-bad"],
])("judges %j: %s", (url, answer) => {
  expect(codeOf(() => open.judge(url))).toBe(answer);
});

test("a judged link comes back normalised, without its fragment", () => {
  expect(open.judge("HTTP://Bücher.example:80/a b".replace(" ", "%20") + "#key").href).toBe(
    "http://xn--bcher-kva.example/a%20b",
  );
});

describe("what a name leads to", () => {
  test.each([
    ["public, both families", ["2606:2800::1", "93.184.216.34"], "2606:2800::1/6 93.184.216.34/4"],
    ["loopback", ["127.0.0.1"], "link-unreachable"],
    ["one private among public ones", ["93.184.216.34", "10.0.0.1"], "link-unreachable"],
    ["mapped loopback", ["::ffff:127.0.0.1"], "link-unreachable"],
    ["6to4 of a private address", ["2002:a00:1::1"], "link-unreachable"],
    ["the cloud's metadata", ["169.254.169.254"], "link-unreachable"],
    ["nothing", [], "link-unreachable"],
  ])("%s", async (_, addresses, answer) => {
    const guard = new Guard({ allowPrivate: false, ports: PORTS, resolve: answering(...addresses) });
    expect(await answerOf(guard, "files.example.org")).toBe(answer);
  });

  it("lets private ones pass where the operator allows them, and never the rest", async () => {
    const at = (...a: string[]): Guard => new Guard({ allowPrivate: true, ports: PORTS, resolve: answering(...a) });
    expect(await answerOf(at("10.0.0.1", "fd00::1"), "nas")).toBe("10.0.0.1/4 fd00::1/6");
    expect(await answerOf(at("10.0.0.1", "0.0.0.0"), "nas")).toBe("link-unreachable");
    expect(await answerOf(at("169.254.169.254"), "nas")).toBe("link-unreachable");
  });

  it("gives the asker the same answer for a private name as for one that does not exist", async () => {
    const hidden = new Guard({ allowPrivate: false, ports: PORTS, resolve: answering("192.168.7.7") });
    const said = async (guard: Guard): Promise<unknown> => {
      const e: unknown = await guard.resolve("payroll.corp.example", never).catch((x: unknown) => x);
      return e instanceof Refusal && [e.code, e.message, e.details];
    };
    expect(await said(hidden)).toEqual(await said(open));
  });
});

describe("a host to be dialled", () => {
  test.each([...PRIVATE_LITERALS, ...NEVER_LITERALS])("%s is refused without a look-up", async (host) => {
    expect(await answerOf(open, host)).toBe("link-not-allowed");
  });
  test.each([
    ["::1", "link-not-allowed"],
    ["fe80::1%eth0", "link-bad"],
    ["2606:2800::1", "2606:2800::1/6"],
    ["93.184.216.34", "93.184.216.34/4"],
    ["", "link-bad"],
    ["a b", "link-bad"],
    ["a/b", "link-bad"],
    ["user@host", "link-bad"],
    ["host:80", "link-bad"],
    ["peer.example.org", "link-unreachable"],
  ])("%j: %s", async (host, answer) => {
    expect(await answerOf(open, host)).toBe(answer);
  });
});

test("a look-up that never ends is ended by the signal", async () => {
  const guard = new Guard({ allowPrivate: false, ports: PORTS, resolve: () => new Promise(() => undefined) });
  const stop = new AbortController();
  const answer = guard.resolve("slow.example.org", stop.signal);
  stop.abort(new Error("enough"));
  await expect(answer).rejects.toThrow("enough");
});
