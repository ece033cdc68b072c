import { everybody } from "../people/people.js";
import { send as sendTo } from "../delivery/sending.js";
import { define } from "./define.js";
import { fileOf } from "./find.js";

export const send = define({
  word: "send",
  summary: "command/send",
  members: true,
  params: {
    file: { type: "which", about: "about/file" },
    to: { type: "people", keyword: "to", about: "about/send-to" },
  },
  async run(services, { owner }, { file: which, to }) {
    const file = await fileOf(services.index, owner, which);
    return { text: await sendTo(services, file, await everybody(services.index, owner, to)) };
  },
});
