import { report as reportPerson } from "../people/blocks.js";
import { ABUSE, SPAM } from "../people/complaints.js";
import { say } from "../words.js";
import { define } from "./define.js";

export const report = define({
  word: "report",
  summary: "command/report",
  members: false,
  params: {
    address: { type: "address", about: "about/report" },
    why: { type: "text", optional: true, about: "about/why" },
  },
  async run(services, { owner }, { address, why = "" }) {
    const reason = /\bspam\b/i.test(why) ? SPAM : ABUSE;
    await reportPerson(services, owner, address, { reason, text: why });
    return { text: say("report/done", { who: address }) };
  },
});
