// Writes the generated pages of docs/; with --check it only compares them, and fails when one is stale. Works on the build.
import { readFile, writeFile } from "node:fs/promises";
import { reference } from "../dist/reference.js";

const check = process.argv.includes("--check");
for (const [name, text] of Object.entries(reference())) {
  const path = new URL(`../docs/${name}`, import.meta.url);
  const before = await readFile(path, "utf8").catch(() => "");
  if (before === text) continue;
  if (check) {
    console.error(`docs/${name} is stale: run “npm run docs”`);
    process.exitCode = 1;
  } else {
    await writeFile(path, text);
    console.log(`docs/${name}`);
  }
}
