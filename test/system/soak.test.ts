/** A minute of the soak: members live together while the bot and the server are killed; then the books are balanced. SOAK_SEED repeats as far as chance is ours. */
import { expect, test } from "@jest/globals";
import { soak } from "../harness/soak/soak.js";

const SEED = Number(process.env["SOAK_SEED"] ?? Math.floor(Math.random() * 1e9));

test(`the books balance (SOAK_SEED=${SEED})`, async () => {
  const { faults, facts } = await soak({ seed: SEED, time: 45_000, members: 9, kills: [5_000, 12_000] });
  process.stderr.write(`soak: ${JSON.stringify(facts)}\n`);
  expect(faults).toEqual([]);
  expect(facts["letters"]).toBeGreaterThan(20);
  expect(facts["parcels delivered"]).toBeGreaterThan(5);
}, 600_000);
