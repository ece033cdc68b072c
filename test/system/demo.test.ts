/** The demo is the first thing that anybody sees: the command itself runs, ends by itself, and shows the job to its end. */
import { expect, test } from "@jest/globals";
import { fileURLToPath } from "node:url";
import { run } from "../harness/process.js";

test("restante demo --once shows the main job and ends with 0", async () => {
  const bin = fileURLToPath(new URL("../../bin/restante.js", import.meta.url));
  const demo = run(process.execPath, [bin, "demo", "--once"], { name: "demo", env: { NODE_OPTIONS: undefined } });
  expect(await demo.exit).toBe(0);
  const shown = demo.lines.join("\n");
  expect(shown).toContain("the same bytes");
  expect(shown).toMatch(/bot\s+juliet@verona\.test has balcony/);
  expect(shown).toMatch(/delivered/);
}, 300_000);
