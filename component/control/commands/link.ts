import { day, label } from "../words.js";
import { capability } from "./get.js";
import { define, fileOf } from "./define.js";

export const link = define({
  word: "link",
  summary: "Makes a link to a file of yours, for anyone whom you give it to.",
  members: true,
  params: { file: { type: "which", about: "Its number or name." } },
  async run(services, { owner }, { file: which }) {
    const file = await fileOf(services.index, owner, which);
    const url = await capability(services, file);
    return {
      text: `Whoever has this link can fetch ${label(file.name)} until ${day(file.until)}; “del ${file.number}” ends it.\n${url}`,
    };
  },
});
