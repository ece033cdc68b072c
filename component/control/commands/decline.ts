import { label, say } from "../words.js";
import { define } from "./define.js";
import { parcelOf } from "./find.js";

export const decline = define({
  word: "decline",
  summary: "command/decline",
  members: false,
  params: { parcel: { type: "which", about: "about/file" } },
  async run({ index, delivery }, { owner }, { parcel: which }) {
    const parcel = await delivery.apply((await parcelOf(index, owner, which)).id, "decline");
    return { text: say("decline/done", { name: label(parcel.name), who: parcel.sender, number: parcel.number }) };
  },
});
