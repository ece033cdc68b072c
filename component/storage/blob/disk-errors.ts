/** What a file system answers, in the words of the error table. */
import { Refusal } from "../../lib/errors.js";
import { say } from "../../lib/said.js";

/** The system's code ("ENOENT"), if the system threw it. By its shape: an error of another realm is no instance of ours. */
export function codeOf(thrown: unknown): string | undefined {
  const { code, syscall } = (thrown ?? {}) as NodeJS.ErrnoException;
  return syscall === undefined ? undefined : code;
}

/** "disk-full" or "storage-down" for what the system says; refusals and bugs stay what they are. */
export function diskRefusal(thrown: unknown): Error {
  const code = codeOf(thrown);
  if (code === undefined) return thrown as Error;
  if (code === "ENOSPC" || code === "EDQUOT")
    return new Refusal("disk-full", { name: say("that-file") }, { cause: thrown });
  return new Refusal("storage-down", {}, { cause: thrown });
}
