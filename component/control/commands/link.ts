import { Refusal } from "../../lib/errors.js";
import { newToken } from "../../lib/ids.js";
import { isOpen } from "../parcel.js";
import type { Parcel } from "../ports.js";
import { label, ofFile, say, STATES, toRecipient } from "../words.js";
import { capability } from "./get.js";
import { define, type Reply } from "./define.js";
import { eitherOf, fileOf, parcelOf } from "./find.js";
import type { Services } from "../services.js";

export const link = define({
  word: "link",
  summary: "command/link",
  members: false,
  params: { file: { type: "which", about: "about/file" } },
  async run(services, { owner }, { file: which }) {
    const mine = async (): Promise<Reply> => {
      const file = await fileOf(services.index, owner, which);
      const { url, token } = await capability(services, file);
      if (token === undefined) return { text: [say("link/as-it-came"), url] };
      return { text: [say("link/made", ofFile(file)), url, say("link/page"), services.pageUrl(token)] };
    };
    return eitherOf(mine, async () => ofParcel(services, await parcelOf(services.index, owner, which)));
  },
});

/** The recipient's own: fetching it to the last byte delivers the parcel, and on its page he can decline. */
async function ofParcel({ index, clock, url, pageUrl }: Services, parcel: Parcel): Promise<Reply> {
  const { id, fileId, name, until, state } = parcel;
  if (!isOpen(state) && state !== "delivered") throw new Refusal("wrong-state", { which: label(name), state: STATES[state] }); // prettier-ignore
  if (parcel.mark === "held") throw new Refusal("scanner-down");
  if (parcel.mark === "sealed") return { text: say("link/sealed", toRecipient(parcel)) };
  const { token, hash } = newToken();
  await index.addLink({ hash, fileId, parcelId: id, since: clock.now(), until, served: [] });
  return { text: [say("link/parcel", toRecipient(parcel)), url(token, name), say("link/page"), pageUrl(token)] };
}
