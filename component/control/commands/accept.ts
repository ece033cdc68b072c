import { label, say } from "../words.js";
import { define } from "./define.js";
import { parcelOf } from "./find.js";

export const accept = define({
  word: "accept",
  summary: "command/accept",
  members: false,
  params: { parcel: { type: "which", about: "about/file" } },
  async run({ index, delivery, whereabouts, clock }, { owner }, { parcel: which }) {
    const { id, name } = await parcelOf(index, owner, which);
    const offered = await delivery.accept(id);
    const contact = await index.setContact(owner, { standing: "met" }, clock.now());
    if (!contact.followed) whereabouts.follow(owner);
    return { text: offered ? "" : say("accept/coming", { name: label(name) }) };
  },
});
