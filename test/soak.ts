/** `npm run soak -- --minutes 30`: the soak for as long as one likes. SOAK_SEED repeats a run as far as chance is ours. */
import { parseArgs } from "node:util";
import { soak } from "./harness/soak/soak.js";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "30" }, members: { type: "string", default: "9" } } }); // prettier-ignore
const seed = Number(process.env["SOAK_SEED"] ?? Math.floor(Math.random() * 1e9));
const began = Date.now();
const log = (line: string): void => console.log(`${((Date.now() - began) / 1000).toFixed(0)} s: ${line}`);
log(`seed ${seed}`);
const { faults, facts } = await soak({ seed, time: Number(values.minutes) * 60_000, members: Number(values.members), kills: [20_000, 60_000], log }); // prettier-ignore
console.log(JSON.stringify(facts, undefined, 2));
console.log(faults.length === 0 ? "the books balance" : `${faults.length} faults:\n${faults.slice(0, 50).join("\n")}`);
process.exit(faults.length === 0 ? 0 : 1);
