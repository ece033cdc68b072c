/** The scanner before Debian's own clamd: what it finds, what it does not let through, and what is said when it is not there. */
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { ClamdScanner } from "../../component/inspect/clamd.js";
import { systemClock } from "../../component/lib/clock.js";
import { PLAGUE, PLAGUE_NAME, startClamd, type Clamd } from "../harness/clamd.js";
import { pieces, readerOver } from "../harness/pieces.js";

jest.setTimeout(120_000);

const LIMIT = 50_000_000;
const never = new AbortController().signal;
const padded = (before: number, after: number): Uint8Array[] => [...pieces(before), Buffer.from(PLAGUE), ...pieces(after)]; // prettier-ignore

describe.each([
  ["TCP", false],
  ["a socket in the file system", true],
])("by %s", (_, unix) => {
  let clamd: Clamd;
  let scanner: ClamdScanner;
  beforeAll(async () => {
    clamd = await startClamd({ unix, streamMaxLength: LIMIT });
    scanner = new ClamdScanner({ address: clamd.address, clock: systemClock });
  });
  afterAll(() => clamd?.remove());

  test.each([
    ["one byte", pieces(1), ""],
    ["nothing but the plague", [Buffer.from(PLAGUE)], PLAGUE_NAME],
    ["the plague at the end of 40 MB", padded(40_000_000, 0), PLAGUE_NAME],
    ["the plague between blocks", padded(65_536 - 7, 100_000), PLAGUE_NAME],
    ["40 MB", pieces(40_000_000), ""],
    ["as much as clamd takes", pieces(LIMIT), ""],
  ])("%s", async (_, chunks, found) => {
    expect(await scanner.scan(readerOver(chunks), never)).toBe(found);
  });

  test("more than clamd takes is said, every time, however little more it is", async () => {
    for (const size of [LIMIT + 1, 2 * LIMIT, 200_000_000, LIMIT + 1])
      await expect(scanner.scan(readerOver(pieces(size)), never)).rejects.toMatchObject({ code: "too-large-to-scan" });
    expect(await scanner.scan(readerOver(pieces(1000)), never)).toBe("");
  });

  test("many at once, each with its own verdict", async () => {
    const found = await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        scanner.scan(readerOver(i % 3 ? pieces(300_000) : padded(9, 300_000)), never),
      ),
    );
    expect(found).toEqual(Array.from({ length: 24 }, (_, i) => (i % 3 ? "" : PLAGUE_NAME)));
  });

  test("the operator is told of the version, and of a limit that is too low", async () => {
    expect(await scanner.version()).toMatch(/^ClamAV \d/);
    await scanner.check(LIMIT);
    await expect(scanner.check(LIMIT + 1)).rejects.toThrow(/StreamMaxLength/);
  });

  test("stopped, it is missed at once; started again, it is there", async () => {
    await clamd.stop();
    await expect(scanner.scan(readerOver(pieces(10)), never)).rejects.toMatchObject({ code: "scanner-down" });
    await expect(scanner.check()).rejects.toThrow();
    await clamd.start();
    expect(await scanner.scan(readerOver(pieces(10)), never)).toBe("");
  });

  test("hanging, it is missed within seconds, and bytes are read no further than it takes them", async () => {
    clamd.process.signal("SIGSTOP");
    const reader = readerOver(pieces(10_000_000));
    await expect(scanner.scan(reader, never)).rejects.toMatchObject({ code: "scanner-down" });
    expect(reader.read).toBe(0);
    expect(reader.closed).toBe(true);
    clamd.process.signal("SIGCONT");
    expect(await scanner.scan(readerOver(pieces(10)), never)).toBe("");
  });

  test("killed in the middle of a file: the reader is let go of", async () => {
    let killed: Promise<void> | undefined;
    const reader = readerOver(pieces(40_000_000), (read) => {
      if (read > 20_000_000) killed ??= clamd.kill();
      return killed;
    });
    await expect(scanner.scan(reader, never)).rejects.toMatchObject({ code: "scanner-down" });
    expect(reader.closed).toBe(true);
    await killed;
    await clamd.start();
  });
});
