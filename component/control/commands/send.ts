import { send as sendTo } from "../sending.js";
import { define, fileOf } from "./define.js";

export const send = define({
  word: "send",
  summary: "Sends a file of yours to somebody, at once or when he is next online.",
  members: true,
  params: {
    file: { type: "which", about: "Its number or name." },
    to: { type: "addresses", keyword: "to", about: "Whom it is for: one address, or several with commas." },
  },
  async run(services, { owner }, { file: which, to }) {
    const file = await fileOf(services.index, owner, which);
    return { text: (await sendTo(services, file, to)).join("\n") };
  },
});
