import { label } from "../words.js";
import { define, parcelOf } from "./define.js";

export const decline = define({
  word: "decline",
  summary: "Says no to a file that waits for you; its sender is told.",
  members: false,
  params: { parcel: { type: "which", about: "Its number or name." } },
  async run({ index, delivery }, { owner }, { parcel: which }) {
    const parcel = await delivery.apply((await parcelOf(index, owner, which)).id, "decline");
    return {
      text: `Declined: ${label(parcel.name)} from ${parcel.sender}. Should you want it after all, say “accept ${parcel.number}”.`,
    };
  },
});
