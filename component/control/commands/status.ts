import { STATES, label, minute, ofFile, say, type Said } from "../words.js";
import type { HistoryRow } from "../ports.js";
import { define, fileOf } from "./define.js";

const PAGE = 20;
/** The newest steps of a parcel. */
const STEPS = 20;

/** A step, in words; one of a newer version by its name. */
const eventOf = ({ event }: HistoryRow): Said => ({ word: `event/${event}`, details: {} });

export const status = define({
  word: "status",
  summary: "command/status",
  members: true,
  params: { file: { type: "which", optional: true, about: "about/status-file" } },
  async run({ index }, { owner }, { file: which }) {
    if (which === undefined) {
      const parcels = await index.sentBy(owner, undefined, PAGE);
      const rows = parcels.map((p) => [p.senderNumber, label(p.name), p.recipient, STATES[p.state], minute(p.changed)]);
      return { text: say(rows.length > 0 ? "status/sent" : "status/nothing"), rows };
    }
    const file = await fileOf(index, owner, which);
    const parcels = await index.parcelsOf(file.id, PAGE);
    const rows: Said[][] = [];
    for (const p of parcels) {
      rows.push([p.recipient, STATES[p.state], minute(p.changed)]);
      for (const h of (await index.history(p.id)).slice(-STEPS))
        rows.push([{ join: ["  ", minute(h.at)], by: "" }, eventOf(h), h.detail]);
    }
    const ends = [say("status/until", { until: minute(file.until) }), file.once ? say("list/once") : ""];
    return { text: say(rows.length > 0 ? "status/file" : "status/unsent", ofFile(file)), rows: [ends, ...rows] };
  },
});
