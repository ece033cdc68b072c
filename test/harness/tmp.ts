/** Temporary folders, small file systems that can be filled up, and template files. All is removed at the end, whatever happens. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hold, release } from "./guard.js";
import { exec } from "./process.js";

export interface TempFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** A new empty folder, only for us. */
export async function tempFolder(name = "restante"): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), `${name}-`));
  hold("folder", path);
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
      release("folder", path);
    },
  };
}

/** A file system of `bytes`, to be filled up. Needs root, or a sudo that asks nothing: says so when it cannot be had. */
export async function smallDisk(bytes: number): Promise<TempFolder> {
  const folder = await tempFolder("restante-disk");
  const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const [command, ...rest] = [...asRoot, "mount", "-t", "tmpfs", "-o", `size=${bytes},mode=0777`, "tmpfs", folder.path];
  try {
    await exec(command, rest);
  } catch (cause) {
    await folder.remove();
    throw new Error("a small disk to fill up needs the right to mount (root, or sudo without a password)", { cause });
  }
  hold("mount", folder.path);
  return {
    path: folder.path,
    async remove() {
      const [unmount, ...args] = [...asRoot, "umount", "-l", folder.path];
      await exec(unmount, args);
      release("mount", folder.path);
      await folder.remove();
    },
  };
}

/** Writes a template's text with every `@NAME@` replaced. A name without a value is an error. */
export async function fill(template: URL, target: string, values: Record<string, string | number>): Promise<void> {
  const text = await readFile(template, "utf8");
  const filled = text.replace(/@([A-Z0-9_]+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${template.pathname}: nothing for @${name}@`);
    return String(value);
  });
  await writeFile(target, filled);
}
