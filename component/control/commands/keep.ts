import { Refusal } from "../../lib/errors.js";
import type { BareJid } from "../../lib/jid.js";
import { isOpen } from "../parcel.js";
import type { Parcel } from "../ports.js";
import { horizonOf, isWorthIt } from "../delivery/reminders.js";
import { day, ofFile, say, STATES, label, toRecipient, type Said } from "../words.js";
import { define } from "./define.js";
import { eitherOf, fileOf, parcelOf } from "./find.js";
import type { Services } from "../services.js";

/** So much at once: `keep` may be said again. */
const MOST = 100;

export const keep = define({
  word: "keep",
  summary: "command/keep",
  members: false,
  params: { file: { type: "which", optional: true, about: "about/keep-file" } },
  async run(services, { owner }, { file: which }) {
    const { index } = services;
    if (which === undefined) return { text: await keepAll(services, owner) };
    const mine = async (): Promise<Said> => {
      const file = await fileOf(index, owner, which);
      const until = Math.max(file.until, newEnd(services));
      if (!(await index.extendFile(file.id, until))) throw new Refusal("no-such-file", { which: label(file.name) });
      return say("keep/done", { ...ofFile(file), until: day(until) });
    };
    return { text: await eitherOf(mine, async () => keepForHim(services, await parcelOf(index, owner, which))) };
  },
});

const newEnd = ({ clock, term }: Services): number => clock.now() + term.keep;

/** A recipient may have it kept longer when its end is near; its owner hears of it, and may delete it all the same. */
async function keepForHim(services: Services, parcel: Parcel): Promise<Said> {
  const { clock, term } = services;
  if (!isOpen(parcel.state)) throw new Refusal("wrong-state", { which: label(parcel.name), state: STATES[parcel.state] }); // prettier-ignore
  if (parcel.until - clock.now() > horizonOf(term)) return say("keep/anyway", toRecipient(parcel));
  const until = await extend(services, parcel);
  if (until === undefined) throw new Refusal("no-such-parcel", { which: label(parcel.name) });
  return say("keep/for-you", { ...toRecipient(parcel), until: day(until) });
}

async function extend(services: Services, parcel: Parcel): Promise<number | undefined> {
  const { index, notices } = services;
  const until = newEnd(services);
  if (!(await index.extendFile(parcel.fileId, until))) return undefined;
  await index.addNotices([notices.toSender(parcel, "kept-longer", { until: day(until) })]);
  notices.flush(parcel.sender);
  return until;
}

/** All whose end is near: his own files, and what waits for him. */
async function keepAll(services: Services, owner: BareJid): Promise<Said> {
  const { index, clock, term } = services;
  const until = newEnd(services);
  let count = 0;
  for (const file of await index.remindedFiles(owner, MOST))
    if (isWorthIt(file, term) && (await index.extendFile(file.id, until))) count++;
  for (let before: number | undefined; ;) {
    const page = await index.openFor(owner, before, MOST);
    for (const parcel of page)
      if (parcel.until - clock.now() <= horizonOf(term) && (await extend(services, parcel)) !== undefined) count++;
    if (page.length < MOST) break;
    before = page.at(-1)!.number;
  }
  return count > 0 ? say("keep/all", { count, until: day(until) }) : say("keep/none");
}
