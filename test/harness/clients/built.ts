/** Drivers in C and C++: compiled when they are missing or older than their source. */
import { mkdir, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { exec, type Running } from "../process.js";
import { beside, cache } from "./client.js";

/** Compiles `source`, a file beside this one, against packages of pkg-config; answers where the program or library is. */
export async function built(
  source: string,
  name: string,
  packages: readonly string[],
  flags: readonly string[] = [],
): Promise<string> {
  const target = cache(name);
  const made = await stat(target).catch(() => undefined);
  if (made && made.mtimeMs > (await stat(beside(source))).mtimeMs) return target;
  await mkdir(dirname(target), { recursive: true });
  const libraries = (await exec("pkg-config", ["--cflags", "--libs", ...packages])).trim().split(/\s+/);
  const fresh = `${target}.${process.pid}`; // another worker may be compiling too
  await exec(source.endsWith(".cpp") ? "g++" : "gcc", ["-O1", ...flags, "-o", fresh, beside(source), ...libraries]);
  await rename(fresh, target);
  return target;
}

/** Gives orders to such a driver: words parted by tabs, with escapes as in C. */
export const ordersTo =
  (driver: Running) =>
  async (...words: readonly string[]): Promise<void> =>
    driver.write(words.map((word) => word.replace(/[\\\t\n]/g, (c) => ({ "\\": "\\\\", "\t": "\\t", "\n": "\\n" })[c]!)).join("\t")); // prettier-ignore
