import { ofFile, say } from "../words.js";
import { capability } from "./get.js";
import { define, fileOf } from "./define.js";

export const link = define({
  word: "link",
  summary: "command/link",
  members: true,
  params: { file: { type: "which", about: "about/file" } },
  async run(services, { owner }, { file: which }) {
    const file = await fileOf(services.index, owner, which);
    const url = await capability(services, file);
    return { text: [url === file.sealed ? say("link/as-it-came") : say("link/made", ofFile(file)), url] };
  },
});
