import { Refusal } from "../../lib/errors.js";
import { label, say } from "../words.js";
import { define, parcelOf } from "./define.js";

export const accept = define({
  word: "accept",
  summary: "command/accept",
  members: false,
  params: { parcel: { type: "which", about: "about/file" } },
  async run({ index, delivery, whereabouts, clock }, { owner }, { parcel: which }) {
    const parcel = await delivery.apply((await parcelOf(index, owner, which)).id, "accept");
    if (parcel.mark === "held") throw new Refusal("scanner-down");
    const contact = await index.setContact(owner, { standing: "met" }, clock.now());
    if (!contact.followed) whereabouts.follow(owner);
    const offered = parcel.state !== "waiting" || (await delivery.offer(parcel, true));
    return { text: offered ? "" : say("accept/coming", { name: label(parcel.name) }) };
  },
});
