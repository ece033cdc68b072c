/**
 * `npm run hard`: 1,000,000 mutated stanzas and 100,000 mutated exchanges, and what they came to. FUZZ_STANZAS and FUZZ_EXCHANGES say how many,
 * FUZZ_SEED repeats a run as far as chance is ours.
 */
import { hard } from "./harness/fuzz/hard.js";

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const seed = number("FUZZ_SEED", Math.floor(Math.random() * 1e9));
const stanzas = number("FUZZ_STANZAS", 1_000_000);
const exchanges = number("FUZZ_EXCHANGES", 100_000);
const began = Date.now();
const log = (line: string): void => console.log(`${((Date.now() - began) / 1000).toFixed(0)} s: ${line}`);
log(`FUZZ_SEED=${seed}`);
const { faults, ...result } = await hard({ seed, stanzas, exchanges, throughProsody: Math.ceil(stanzas / 20), log });
console.log(JSON.stringify(result, undefined, 2));
console.log(faults.length === 0 ? "no faults" : `${faults.length} faults:\n${faults.slice(0, 50).join("\n")}`);
process.exit(faults.length === 0 ? 0 : 1);
