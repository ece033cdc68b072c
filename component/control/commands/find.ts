/** What somebody means by a number or a name. */
import { Refusal, type ErrorCode } from "../../lib/errors.js";
import type { BareJid } from "../../lib/jid.js";
import { isOpen } from "../parcel.js";
import type { Index, KeptFile, Parcel } from "../ports.js";
import { label, list, say } from "../words.js";

/** More than one by a name is too many; so many are named. */
const MOST = 6;

/** The caller's file by number or name. @throws Refusal "no-such-file", "ambiguous-name" */
export async function fileOf(index: Index, owner: BareJid, which: number | string): Promise<KeptFile> {
  return theOne(await index.findFiles(owner, which, MOST), which, "no-such-file");
}

/** The parcel for the caller by number or name; of several by one name, the one that is still open. @throws Refusal */
export async function parcelOf(index: Index, recipient: BareJid, which: number | string): Promise<Parcel> {
  const found = await index.findParcels(recipient, which, MOST);
  const open = found.filter(({ state }) => isOpen(state));
  return theOne(open.length > 0 ? open : found.slice(0, 1), which, "no-such-parcel");
}

/**
 * What `mine` makes of a file of his; where he has no such file, what `waiting` makes of what waits for him. When it is neither, it is the file
 * that there is not. @throws Refusal as they do
 */
export async function eitherOf<T>(mine: () => Promise<T>, waiting: () => Promise<T>): Promise<T> {
  try {
    return await mine();
  } catch (e) {
    if (!isNo(e, "no-such-file")) throw e;
    return waiting().catch((other: unknown) => {
      throw isNo(other, "no-such-parcel") ? e : other;
    });
  }
}

const isNo = (thrown: unknown, code: ErrorCode): boolean => thrown instanceof Refusal && thrown.code === code;

function theOne<T extends { number: number }>(
  found: readonly T[],
  which: number | string,
  none: "no-such-file" | "no-such-parcel",
): T {
  const details = { which: typeof which === "number" ? say("by-number", { number: which }) : say("by-name", { name: label(which) }) }; // prettier-ignore
  if (found.length > 1)
    throw new Refusal("ambiguous-name", {
      which: label(String(which)),
      numbers: list(found.map((f) => f.number)),
    });
  if (!found[0]) throw new Refusal(none, details);
  return found[0];
}
