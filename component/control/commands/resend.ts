import { Refusal } from "../../lib/errors.js";
import { everybody } from "../people.js";
import { resend as sendAgain } from "../sending.js";
import { label } from "../words.js";
import { define, fileOf } from "./define.js";

export const resend = define({
  word: "resend",
  summary: "Offers a file again to those who had it from you.",
  members: true,
  params: {
    file: { type: "which", about: "Its number or name." },
    to: { type: "people", keyword: "to", optional: true, about: "Only to these." },
  },
  async run(services, { owner }, { file: which, to: people }) {
    const file = await fileOf(services.index, owner, which);
    const to = people && (await everybody(services.index, owner, people));
    const lines = await sendAgain(services, file, to);
    if (lines.length > 0) return { text: lines.join("\n") };
    throw new Refusal("bad-argument", { why: `${label(file.name)} has not been sent to ${to ? to.join(", ") : "anybody"} yet.`, usage: `send ${file.number} to ADDRESS` }); // prettier-ignore
  },
});
