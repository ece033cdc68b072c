import { isFetched } from "../parcel.js";
import { MOST_PARCELS } from "../delivery/sending.js";
import { ofFile, say } from "../words.js";
import { define } from "./define.js";
import { fileOf } from "./find.js";

export const once = define({
  word: "once",
  summary: "command/once",
  members: true,
  params: {
    file: { type: "which", about: "about/file" },
    off: { type: "flag", keyword: "off", optional: true, about: "about/once-off" },
  },
  async run({ index }, { owner }, { file: which, off }) {
    const file = await fileOf(index, owner, which);
    await index.setFile(file.id, { once: !off });
    if (off) return { text: say("once/off", ofFile(file)) };
    const isOver = isFetched(await index.parcelsOf(file.id, MOST_PARCELS));
    return { text: say(isOver ? "once/now" : "once/on", ofFile(file)) };
  },
});
