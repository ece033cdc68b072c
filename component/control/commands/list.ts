import { formatSize } from "../../lib/units.js";
import { MOST_CUT } from "../admission.js";
import { STATES, day, label, minute } from "../words.js";
import { define } from "./define.js";

const PAGE = 20;

export const list = define({
  word: "list",
  summary: "Your files, and what waits for you.",
  members: false,
  params: {
    before: { type: "number", keyword: "before", optional: true, about: "Only what is older than this number." },
  },
  async run({ index, quota }, { owner, member }, { before }) {
    const [files, parcels, used, cut] = await Promise.all([
      index.files(owner, before, PAGE),
      index.openFor(owner, before, PAGE),
      index.usage(owner),
      before === undefined ? index.cutIntakes(owner, MOST_CUT) : [],
    ]);
    const rows: string[][] = files.map((f) => [
      String(f.number),
      label(f.name),
      formatSize(f.size),
      `until ${day(f.until)}`,
    ]);
    if (cut.length > 0) rows.push(["Cut on the way (send it again, and it goes on):"]);
    for (const c of cut)
      rows.push([label(c.name), `${formatSize(c.held)} of ${formatSize(c.size)}`, `until ${minute(c.until)}`]);
    if (parcels.length > 0) rows.push(["For you:"]);
    for (const p of parcels)
      rows.push([
        String(p.number),
        label(p.name),
        formatSize(p.size),
        `from ${p.sender}`,
        STATES[p.state],
        `until ${day(p.until)}`,
      ]);
    const full = Math.max(files.length, parcels.length) === PAGE;
    const last = Math.max(files.at(-1)?.number ?? 0, parcels.at(-1)?.number ?? 0);
    const text = member
      ? `You keep ${used.files === 1 ? "1 file" : `${used.files} files`}: ${formatSize(used.bytes)} of ${formatSize(quota)}.`
      : parcels.length === 0
        ? "Nothing waits for you."
        : "";
    return { text, rows, after: full ? `Say “list before ${last}” for older ones.` : "" };
  },
});
