import { size } from "../../lib/said.js";
import { MOST_CUT } from "../intake/admission.js";
import { STATES, day, label, minute, say, type Said } from "../words.js";
import type { FileMark } from "../ports.js";
import { define } from "./define.js";

const PAGE = 20;

const markOf = ({ mark }: { readonly mark: FileMark }): Said => (mark === "" ? "" : say(`listed/${mark}`));

export const list = define({
  word: "list",
  summary: "command/list",
  members: false,
  params: {
    before: { type: "number", keyword: "before", optional: true, about: "about/before" },
  },
  async run({ index, quota }, { owner, member }, { before }) {
    const [allFiles, allParcels, used, cut] = await Promise.all([
      index.files(owner, before, PAGE + 1), // one more than is shown: whether there are more
      index.openFor(owner, before, PAGE + 1),
      index.usage(owner),
      before === undefined ? index.cutIntakes(owner, MOST_CUT) : [],
    ]);
    const [files, parcels] = [allFiles.slice(0, PAGE), allParcels.slice(0, PAGE)];
    const rows: Said[][] = files.map((f) => [
      f.number,
      label(f.name),
      size(f.size),
      say("list/until", { until: day(f.until) }),
      markOf(f),
      f.once ? say("list/once") : "",
    ]);
    if (cut.length > 0) rows.push([say("list/cut")]);
    for (const c of cut)
      rows.push([
        label(c.name),
        say("list/held", { got: size(c.held), size: size(c.size) }),
        say("list/until", { until: minute(c.until) }),
      ]);
    if (parcels.length > 0) rows.push([say("list/for-you")]);
    for (const p of parcels)
      rows.push([
        p.number,
        label(p.name),
        size(p.size),
        say("list/from", { who: p.sender }),
        STATES[p.state],
        say("list/until", { until: day(p.until) }),
        markOf(p),
      ]);
    const more = Math.max(allFiles.length, allParcels.length) > PAGE;
    const last = Math.max(files.at(-1)?.number ?? 0, parcels.at(-1)?.number ?? 0);
    const text = member
      ? say("list/keeps", { count: used.files, size: size(used.bytes), quota: size(quota) })
      : parcels.length === 0
        ? say("list/nothing")
        : "";
    return { text, rows, after: more ? say("list/older", { number: last }) : "" };
  },
});
