/** Whether one person may send to another, and how well that one knows us: strangers are written to sparingly. */
import { Refusal } from "../../lib/errors.js";
import type { BareJid } from "../../lib/jid.js";
import type { Services } from "../services.js";
import type { Contact } from "../ports.js";

type Parts = Pick<Services, "index" | "whereabouts" | "rules" | "invitations">;

/** How far acquaintance goes. Whose presence we see has met us, whatever the records say. */
export async function acquaintance({ index, whereabouts }: Parts, who: BareJid): Promise<Contact["standing"]> {
  if (whereabouts.knows(who) || whereabouts.resources(who).length > 0) return "met";
  return (await index.contact(who))?.standing ?? "stranger";
}

/** Whether nobody has written to him yet on our part: of files, or at all. */
export function isStranger(standing: Contact["standing"], about: "file" | "words"): boolean {
  return standing === "stranger" || (standing === "introduced" && about === "file");
}

/** Has somebody who is a stranger written to, once: not when another has just done so. */
export async function firstWord(
  parts: Parts & Pick<Services, "clock">,
  stranger: BareJid,
  about: "file" | "words",
  write: () => Promise<void>,
): Promise<void> {
  await parts.invitations.inTurn(stranger, async () => {
    if (!isStranger(await acquaintance(parts, stranger), about)) return;
    await write();
    await parts.index.setContact(stranger, { standing: about === "file" ? "invited" : "introduced" }, parts.clock.now()); // prettier-ignore
  });
}

/** @throws Refusal "bad-address", "recipient-not-served", "blocked" */
export async function mayReach({ index, rules }: Parts, sender: BareJid, recipient: BareJid): Promise<void> {
  rules.requireRecipient(recipient);
  if (await index.isBlocked(recipient, sender)) throw new Refusal("blocked", { who: recipient });
}

/** The same for a file: a stranger will have to be invited, which counts. @throws Refusal also "too-many-invitations" */
export async function mayReceive(parts: Parts, sender: BareJid, recipient: BareJid): Promise<void> {
  await mayReach(parts, sender, recipient);
  if (isStranger(await acquaintance(parts, recipient), "file")) parts.invitations.take(sender, recipient, "file");
}
