/** Sending a file to people, sending it again, and taking it back: what the commands of the same names do. */
import { Refusal } from "../lib/errors.js";
import { domainOf, type BareJid } from "../lib/jid.js";
import type { Services } from "./commands/define.js";
import { isOpen } from "./parcel.js";
import type { KeptFile, Parcel } from "./ports.js";
import { label, say, STATES, toRecipient, toSender } from "./words.js";

/** One command reaches so many people at the most. */
const MOST_RECIPIENTS = 50;
/** One file makes so many parcels in its life: beyond, it could not be taken back from all of them at once. */
const MOST_PARCELS = 1000;

/** Makes a parcel for each recipient; answers a line each. A recipient who cannot be sent to does not hinder the others. */
export async function send(services: Services, file: KeptFile, recipients: readonly BareJid[]): Promise<string[]> {
  if (recipients.length > MOST_RECIPIENTS)
    throw new Refusal("bad-argument", {
      why: `That is more than ${MOST_RECIPIENTS} people at once.`,
      usage: "send FILE to ADDRESS[, ADDRESS…]",
    });
  const parcels = await services.index.parcelsOf(file.id, MOST_PARCELS);
  if (parcels.length + recipients.length > MOST_PARCELS)
    throw new Refusal("bad-argument", {
      why: `${label(file.name)} has been sent ${parcels.length} times, and I keep count of ${MOST_PARCELS}. Hand out a link instead.`,
      usage: `link ${file.number}`,
    });
  const lines: string[] = [];
  for (const recipient of recipients) {
    try {
      lines.push(await sendOne(services, file, recipient, parcels));
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      lines.push(e.message);
    }
  }
  return lines;
}

async function sendOne(
  services: Services,
  file: KeptFile,
  recipient: BareJid,
  sent: readonly Parcel[],
): Promise<string> {
  const { index, clock } = services;
  await mayReceive(services, file.owner, recipient);
  const open = sent.find((p) => p.recipient === recipient && isOpen(p.state));
  const parcel = open ?? (await index.createParcel(file, recipient, clock.now(), file.until));
  return handOver(services, parcel);
}

/** @throws Refusal "bad-address", "blocked" */
export async function mayReceive({ index, domain }: Services, sender: BareJid, recipient: BareJid): Promise<void> {
  if (domainOf(recipient) === domain || !recipient.includes("@"))
    throw new Refusal("bad-address", { address: recipient });
  if (await index.isBlocked(recipient, sender)) throw new Refusal("blocked", { who: recipient });
}

/** Offers a parcel if its recipient is there, or lets him know once who has something for him; answers the line for the sender. */
async function handOver(services: Services, parcel: Parcel): Promise<string> {
  const { index, delivery, whereabouts, clock } = services;
  if (parcel.state !== "waiting")
    return `${label(parcel.name)} (number ${parcel.senderNumber}) for ${parcel.recipient}: ${STATES[parcel.state]}.`;
  const contact = await index.contact(parcel.recipient);
  if (
    contact?.standing === "met" ||
    whereabouts.knows(parcel.recipient) ||
    whereabouts.resources(parcel.recipient).length > 0
  ) {
    delivery.consider(parcel.recipient);
    return say("waiting", toSender(parcel));
  }
  if (contact?.standing !== "invited") {
    await services.speaker.ask(parcel.recipient, say("invitation", toRecipient(parcel)), (condition) => {
      void delivery.apply(parcel.id, "bounce", condition).catch(() => undefined);
    });
    await index.setContact(parcel.recipient, { standing: "invited" }, clock.now());
  }
  return say("waiting-invited", toSender(parcel));
}

/** Offers a file's parcels again, all or only those to `recipients`; answers a line each. */
export async function resend(services: Services, file: KeptFile, recipients?: readonly BareJid[]): Promise<string[]> {
  const { index, delivery } = services;
  const lines: string[] = [];
  for (const parcel of await index.parcelsOf(file.id, MOST_PARCELS)) {
    if (recipients && !recipients.includes(parcel.recipient)) continue;
    try {
      if (await index.isBlocked(parcel.recipient, file.owner)) throw new Refusal("blocked", { who: parcel.recipient });
      lines.push(await handOver(services, await delivery.apply(parcel.id, "resend")));
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      lines.push(`${parcel.recipient}: ${e.message}`);
    }
  }
  return lines;
}

/** Deletes a file: its open parcels are withdrawn first, then it goes with its links. Answers from whom it was taken back. */
export async function remove({ index, delivery, clock }: Services, file: KeptFile): Promise<BareJid[]> {
  const from: BareJid[] = [];
  for (const parcel of await index.parcelsOf(file.id, MOST_PARCELS)) {
    if (!isOpen(parcel.state)) continue;
    await delivery.apply(parcel.id, "withdraw");
    from.push(parcel.recipient);
  }
  await index.removeFile(file.id, clock.now());
  return from;
}
