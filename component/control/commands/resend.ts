import { Refusal } from "../../lib/errors.js";
import { list } from "../../lib/said.js";
import { everybody } from "../people/people.js";
import { resend as sendAgain } from "../delivery/sending.js";
import { example, label, say } from "../words.js";
import { define } from "./define.js";
import { fileOf } from "./find.js";

export const resend = define({
  word: "resend",
  summary: "command/resend",
  members: true,
  params: {
    file: { type: "which", about: "about/file" },
    to: { type: "people", keyword: "to", optional: true, about: "about/resend-to" },
  },
  async run(services, { owner }, { file: which, to: people }) {
    const file = await fileOf(services.index, owner, which);
    const to = people && (await everybody(services.index, owner, people));
    const lines = await sendAgain(services, file, to);
    if (lines) return { text: lines };
    const name = label(file.name);
    const why = to ? say("resend/not-to", { name, who: list(to) }) : say("resend/nobody", { name });
    throw new Refusal("bad-argument", { why, usage: example("send", file.number, "to", say("noun/address")) });
  },
});
