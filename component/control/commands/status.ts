import { STATES, label, minute, ofFile, say, type Said } from "../words.js";
import type { HistoryRow } from "../ports.js";
import { MOST_PARCELS } from "../delivery/sending.js";
import { summaryLine } from "../notices/summary.js";
import { define } from "./define.js";
import { fileOf } from "./find.js";

const PAGE = 20;
/** The newest steps of a parcel; of more parcels than this, only how they stand. */
const STEPS = 20;
const FEW = 5;
/** Parcels of one file that are named, those first with which something has happened lately. */
const MANY = 100;

/** A step, in words; one of a newer version by its name. Why a server has given something back may tell whether the address exists: that is for the log. */
const stepOf = ({ at, event, detail }: HistoryRow): Said[] => [
  { join: ["  ", minute(at)], by: "" },
  { word: `event/${event}`, details: {} },
  event === "bounce" ? "" : detail,
];

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
    const parcels = (await index.parcelsOf(file.id, MOST_PARCELS)).sort((a, b) => b.changed - a.changed);
    const rows: Said[][] = [];
    for (const p of parcels.slice(0, MANY)) {
      rows.push([p.recipient, STATES[p.state], minute(p.changed)]);
      if (parcels.length > FEW) continue;
      rows.push(...(await index.history(p.id)).slice(-STEPS).map(stepOf));
    }
    const ends = [say("status/until", { until: minute(file.until) }), file.once ? say("list/once") : ""];
    const text = say(rows.length > 0 ? "status/file" : "status/unsent", ofFile(file));
    return { text: parcels.length > 1 ? summaryLine(parcels) : text, rows: [ends, ...rows] };
  },
});
