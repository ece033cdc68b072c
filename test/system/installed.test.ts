/** The program as the README installs it: built, then without what only development needs. Runs what the last build left in dist. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { exec } from "../harness/process.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let folder: TempFolder;
let declared: { version: string; dependencies: Record<string, string> };

beforeAll(async () => {
  folder = await tempFolder();
  declared = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as typeof declared;
  for (const name of ["package.json", "bin", "dist"])
    await cp(join(ROOT, name), join(folder.path, name), { recursive: true });
  // As "npm prune --omit=dev" leaves it.
  for (const name of Object.keys(declared.dependencies)) {
    const path = join("node_modules", name);
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await symlink(join(ROOT, path), join(folder.path, path));
  }
});
afterAll(() => folder.remove());

test("npx finds it, with its own packages alone, and asks nobody for more", async () => {
  // "npm test" tells its children where it runs: npx would look there.
  const ours = Object.keys(process.env).filter((name) => name.startsWith("npm_"));
  const printed = await exec("npx", ["--offline", "restante", "--version"], {
    cwd: folder.path,
    env: { ...Object.fromEntries(ours.map((name) => [name, undefined])), HOME: folder.path },
  });
  expect(printed.split("\n")).toContain(declared.version);
});
