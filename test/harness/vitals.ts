/** What a process holds: to see that it holds no more after a storm than before it. Linux. */
import { readdir, readFile } from "node:fs/promises";

export interface Vitals {
  /** Resident memory, bytes. */
  readonly rss: number;
  /** Open file descriptors. */
  readonly descriptors: number;
}

export async function vitals(pid: number): Promise<Vitals> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  return { rss: kilobytes * 1024, descriptors: (await readdir(`/proc/${pid}/fd`)).length };
}
