/** Sending a file to people, sending it again, and taking it back: what the commands of the same names do. */
import { Refusal } from "../../lib/errors.js";
import type { BareJid } from "../../lib/jid.js";
import type { Services } from "../services.js";
import { acquaintance, firstWord, isStranger, mayReach, mayReceive } from "../people/consent.js";
import { isOpen } from "../parcel.js";
import { checkPeople, themselves } from "../people/people.js";
import type { KeptFile, Parcel } from "../ports.js";
import { STATES, example, label, marked, say, toRecipient, toSender, type Said } from "../words.js";

/** One file makes so many parcels in its life: beyond, it could not be taken back from all of them at once. */
export const MOST_PARCELS = 1000;

/**
 * Makes a parcel for each recipient. Answers what is to be said of each; of several new ones nothing: their summary tells of them.
 * A recipient who cannot be sent to does not hinder the others. `via`: of the parcels.
 */
export async function send(
  services: Services,
  file: KeptFile,
  named: readonly BareJid[],
  via: Parcel["via"] = "",
): Promise<Said[]> {
  const { index, clock, domain } = services;
  const { summaries } = services.notices;
  const recipients = checkPeople(themselves(named, domain));
  const sent = await index.parcelsOf(file.id, MOST_PARCELS);
  if (sent.length + recipients.length > MOST_PARCELS)
    throw new Refusal("bad-argument", {
      why: say("send/too-often", { name: label(file.name), times: sent.length, most: MOST_PARCELS }),
      usage: example("link", file.number),
    });
  const answers = new Map<BareJid, Said>();
  const allowed: BareJid[] = [];
  for (const recipient of recipients)
    await orWhyNot(answers, recipient, async () => {
      await mayReceive(services, file.owner, recipient);
      allowed.push(recipient);
    });
  const open = new Map(sent.filter(({ state }) => isOpen(state)).map((parcel) => [parcel.recipient, parcel]));
  const summary = allowed.filter((recipient) => !open.has(recipient)).length > 1 ? summaries.reserve() : "";
  try {
    if (summary !== "") await summaries.begin(summary, file);
    const told = new Set<string>();
    for (const recipient of allowed)
      await orWhyNot(answers, recipient, async () => {
        const parcel = open.get(recipient) ?? (await index.createParcel(file, recipient, clock.now(), file.until, { summary, via })); // prettier-ignore
        const line = await handOver(services, parcel);
        if (parcel.summary === "") answers.set(recipient, line);
        else told.add(parcel.summary);
      });
    told.delete(summary);
    for (const id of told) await summaries.again(id, file.owner);
  } finally {
    if (summary !== "") summaries.ready(summary, file.owner);
  }
  return recipients.flatMap((recipient) => answers.get(recipient) ?? []);
}

async function orWhyNot(answers: Map<BareJid, Said>, who: BareJid, what: () => Promise<void>): Promise<void> {
  try {
    await what();
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    answers.set(who, e.said);
  }
}

/** Offers a parcel if its recipient is there, or lets him know once who has something for him; answers the line for the sender. */
async function handOver(services: Services, parcel: Parcel): Promise<Said> {
  const { delivery } = services;
  if (parcel.state !== "waiting") return say("send/under-way", { ...toSender(parcel), state: STATES[parcel.state] });
  if (parcel.mark === "held") return say("waiting-checked", toSender(parcel));
  const standing = await acquaintance(services, parcel.recipient);
  if (standing === "met") delivery.consider(parcel.recipient);
  if (isStranger(standing, "file")) await firstWord(services, parcel.recipient, "file", () => invite(services, parcel));
  // In the same words whether he knows us, or exists at all.
  return say("waiting", toSender(parcel));
}

/** Lets somebody know who has something for him. */
async function invite({ index, delivery, speaker, tongues }: Services, parcel: Parcel): Promise<void> {
  const { id, recipient } = parcel;
  await tongues.learn(index, recipient);
  await speaker.ask(recipient, marked(say("invitation", toRecipient(parcel)), parcel), (condition) => {
    void delivery.apply(id, "bounce", condition).catch(() => undefined);
  });
}

/** What has been held goes on: each of its parcels is offered, or its recipient invited. */
export async function goOn(services: Services, file: KeptFile): Promise<void> {
  for (const parcel of await services.index.parcelsOf(file.id, MOST_PARCELS))
    if (parcel.state === "waiting") await handOver(services, parcel);
}

/**
 * Offers a file's parcels again, all or only those to `recipients`. Answers what is to be said of each but those of which a summary tells;
 * undefined when there are none.
 */
export async function resend(
  services: Services,
  file: KeptFile,
  recipients?: readonly BareJid[],
): Promise<Said[] | undefined> {
  const { index, delivery } = services;
  const { summaries } = services.notices;
  const all = await index.parcelsOf(file.id, MOST_PARCELS);
  const parcels = recipients ? all.filter(({ recipient }) => recipients.includes(recipient)) : all;
  const lines: Said[] = [];
  const told = new Set<string>();
  for (const { id, recipient, summary } of parcels) {
    try {
      await mayReach(services, file.owner, recipient);
      const line = await handOver(services, await delivery.apply(id, "resend"));
      if (summary === "") lines.push(line);
      else told.add(summary);
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      lines.push(say("send/not", { who: recipient, why: e.said }));
    }
  }
  for (const id of told) await summaries.again(id, file.owner);
  return parcels.length > 0 ? lines : undefined;
}

/** Ends a parcel, unless it has come to another end meanwhile: then false. */
export async function endIfOpen(
  delivery: Services["delivery"],
  parcelId: string,
  event: "decline" | "withdraw",
): Promise<boolean> {
  try {
    await delivery.apply(parcelId, event);
    return true;
  } catch (e) {
    if (!(e instanceof Refusal) || (e.code !== "wrong-state" && e.code !== "no-such-parcel")) throw e;
    return false;
  }
}

/** Deletes a file: its open parcels are withdrawn first, then it goes with its links. Answers from whom it was taken back. */
export async function remove({ index, delivery, clock }: Services, file: KeptFile): Promise<BareJid[]> {
  const from: BareJid[] = [];
  for (const parcel of await index.parcelsOf(file.id, MOST_PARCELS)) {
    if (isOpen(parcel.state) && (await endIfOpen(delivery, parcel.id, "withdraw"))) from.push(parcel.recipient);
  }
  await index.removeFile(file.id, clock.now());
  return from;
}
