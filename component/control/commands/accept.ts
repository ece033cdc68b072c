import { label } from "../words.js";
import { define, parcelOf } from "./define.js";

export const accept = define({
  word: "accept",
  summary: "Takes a file that waits for you.",
  members: false,
  params: { parcel: { type: "which", about: "Its number or name." } },
  async run({ index, delivery, whereabouts, clock }, { owner }, { parcel: which }) {
    const parcel = await delivery.apply((await parcelOf(index, owner, which)).id, "accept");
    const contact = await index.setContact(owner, { standing: "met" }, clock.now());
    if (!contact.followed) whereabouts.follow(owner);
    const offered = parcel.state !== "waiting" || (await delivery.offer(parcel, true));
    return { text: offered ? "" : `${label(parcel.name)} is on its way to you already.` };
  },
});
