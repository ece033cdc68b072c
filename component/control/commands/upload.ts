import { newToken } from "../../lib/ids.js";
import { mayReceive } from "../people/consent.js";
import { everybody } from "../people/people.js";
import { list, minute, say } from "../words.js";
import { define } from "./define.js";

/** How long a page for bringing files is good. */
const GOOD_MS = 24 * 3_600_000;

export const upload = define({
  word: "upload",
  summary: "command/upload",
  members: true,
  params: {
    off: { type: "flag", keyword: "off", optional: true, about: "about/upload-off" },
    to: { type: "people", keyword: "to", optional: true, about: "about/upload-to" },
  },
  async run(services, { owner }, { off, to }) {
    const { index, clock, formUrl } = services;
    if (off) {
      const count = await index.dropUploadRights({ pagesOf: owner }, Infinity);
      return { text: count === 0 ? say("upload/none") : say("upload/ended", { count }) };
    }
    const recipients = to ? await everybody(index, owner, to) : [];
    for (const recipient of recipients) await mayReceive(services, owner, recipient);
    const { token, hash } = newToken();
    const since = clock.now();
    const until = since + GOOD_MS;
    await index.addUploadRight({
      hash, owner, kind: "page", recipients, since, until, name: "", size: 0, mediaType: "", link: "", purpose: "", fileId: "",
    }); // prettier-ignore
    const words = { until: minute(until), who: list(recipients) };
    return { text: [say(recipients.length > 0 ? "upload/made-to" : "upload/made", words), formUrl(token)] };
  },
});
