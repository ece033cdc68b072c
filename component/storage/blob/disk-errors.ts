/** What a file system answers, in the words of the error table. */
import { Refusal } from "../../lib/errors.js";

/** "disk-full" or "storage-down" for what the system says; refusals and bugs stay what they are. */
export function diskRefusal(thrown: unknown): Error {
  if (!(thrown instanceof Error)) return new Error("no error was thrown", { cause: thrown });
  const { code, syscall } = thrown as NodeJS.ErrnoException;
  if (syscall === undefined) return thrown;
  if (code === "ENOSPC" || code === "EDQUOT") return new Refusal("disk-full", { name: "it" }, { cause: thrown });
  return new Refusal("storage-down", {}, { cause: thrown });
}
