import { Refusal } from "../../lib/errors.js";
import { MOST_CUT } from "../admission.js";
import { remove } from "../sending.js";
import { label } from "../words.js";
import { decline } from "./decline.js";
import { define, fileOf } from "./define.js";

const isNamed = (name: string, which: string | number): boolean =>
  typeof which === "string" && name.normalize("NFC").toLowerCase() === which.normalize("NFC").toLowerCase();

export const del = define({
  word: "del",
  summary: "Deletes a file of yours, ends its links, and takes it back from those who have not fetched it.",
  members: false,
  params: { file: { type: "which", about: "Its number or name." } },
  async run(services, caller, { file: which }) {
    try {
      const file = await fileOf(services.index, caller.owner, which);
      const from = await remove(services, file);
      return {
        text: `Deleted: ${label(file.name)} (number ${file.number}).${from.length > 0 ? ` Taken back from ${from.join(", ")}.` : ""}`,
      };
    } catch (e) {
      if (!(e instanceof Refusal && e.code === "no-such-file")) throw e;
      const cut = (await services.index.cutIntakes(caller.owner, MOST_CUT)).find((c) => isNamed(c.name, which));
      if (cut && (await services.index.dropCutIntakes({ id: cut.id }, 1)) > 0)
        return { text: `Forgotten: what I had of ${label(cut.name)}.` };
      return decline.run(services, caller, { parcel: which }).catch((other: unknown) => {
        throw other instanceof Refusal && other.code === "no-such-parcel" ? e : other;
      });
    }
  },
});
