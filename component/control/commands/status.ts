import { STATES, label, minute } from "../words.js";
import { define, fileOf } from "./define.js";

const PAGE = 20;
/** The newest steps of a parcel. */
const STEPS = 20;

export const status = define({
  word: "status",
  summary: "What became of what you sent.",
  members: true,
  params: { file: { type: "which", optional: true, about: "Only of this file, with every step." } },
  async run({ index }, { owner }, { file: which }) {
    if (which === undefined) {
      const parcels = await index.sentBy(owner, undefined, PAGE);
      const rows = parcels.map((p) => [
        String(p.senderNumber),
        label(p.name),
        p.recipient,
        STATES[p.state],
        minute(p.changed),
      ]);
      return { text: rows.length > 0 ? "What you sent, newest first:" : "You have not sent anything yet.", rows };
    }
    const file = await fileOf(index, owner, which);
    const parcels = await index.parcelsOf(file.id, PAGE);
    const rows: string[][] = [];
    for (const p of parcels) {
      rows.push([p.recipient, STATES[p.state], minute(p.changed)]);
      for (const h of (await index.history(p.id)).slice(-STEPS)) rows.push([`  ${minute(h.at)}`, h.event, h.detail]);
    }
    return {
      text: `${label(file.name)} (number ${file.number})${rows.length > 0 ? ":" : " has not been sent to anybody yet."}`,
      rows,
    };
  },
});
