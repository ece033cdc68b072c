import { everybody } from "../people.js";
import { send as sendTo } from "../sending.js";
import { define, fileOf } from "./define.js";

export const send = define({
  word: "send",
  summary: "Sends a file of yours to somebody, or to a group, at once or when they are next online.",
  members: true,
  params: {
    file: { type: "which", about: "Its number or name." },
    to: { type: "people", keyword: "to", about: "Whom it is for: addresses and groups of yours, with commas." },
  },
  async run(services, { owner }, { file: which, to }) {
    const file = await fileOf(services.index, owner, which);
    return { text: (await sendTo(services, file, await everybody(services.index, owner, to))).join("\n") };
  },
});
