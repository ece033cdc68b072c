/**
 * A share of the storm: mutated stanzas and exchanges against one process, which neither dies nor grows, says nothing of a bug in its log, and
 * works afterwards as it did before. `npm run hard` is the whole; FUZZ_SEED repeats a run, FUZZ_STANZAS and FUZZ_EXCHANGES say how many.
 */
import { expect, test } from "@jest/globals";
import { hard } from "../harness/fuzz/hard.js";

const SEED = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 1e9));
const STANZAS = Number(process.env["FUZZ_STANZAS"] ?? 40_000);
const EXCHANGES = Number(process.env["FUZZ_EXCHANGES"] ?? 5_000);
const DESCRIPTORS = 150;

test(`${STANZAS} mutated stanzas and ${EXCHANGES} exchanges (FUZZ_SEED=${SEED})`, async () => {
  const { faults, ...figures } = await hard({ seed: SEED, stanzas: STANZAS, exchanges: EXCHANGES, throughProsody: STANZAS / 20 });
  process.stderr.write(`FUZZ_SEED=${SEED} ${JSON.stringify(figures)}\n`);
  expect(faults).toEqual([]);
  const { rest, stanzas, exchanges, prosody } = figures;
  expect(stanzas.broken).toBeGreaterThan(0);
  expect(exchanges.answered).toBeGreaterThan(EXCHANGES / 4);
  expect(prosody!.heard).toBeGreaterThan(10); // it got through; how far, is luck: much of it ends the streams that it is sent on
  expect(rest.descriptors).toBeLessThan(DESCRIPTORS);
}, 600_000); // prettier-ignore
