/** Complaints about people (XEP-0377): put on record, logged, and told to those who run the place. */
import { randomId } from "../lib/ids.js";
import type { BareJid } from "../lib/jid.js";
import type { Log } from "../lib/log.js";
import type { Services } from "./commands/define.js";
import type { Notices } from "./notices.js";
import { oneLine } from "./words.js";

/** Characters of what the reporter says. */
const MOST_TEXT = 1000;

/** XEP-0377 §3.1; anything else that a client says counts as the second. */
export const SPAM = "urn:xmpp:reporting:spam";
export const ABUSE = "urn:xmpp:reporting:abuse";

export interface ReportParts {
  readonly services: Pick<Services, "index" | "clock">;
  readonly notices: Notices;
  readonly admins: readonly BareJid[];
  readonly log: Log;
}

/** @throws Refusal "index-down" */
export async function fileReport(
  { services, notices, admins, log }: ReportParts,
  said: { readonly by: BareJid; readonly about: BareJid; readonly reason: string; readonly text: string },
): Promise<void> {
  const { by, about } = said;
  const reason = said.reason === SPAM ? SPAM : ABUSE;
  const text = oneLine(said.text.slice(0, MOST_TEXT));
  const id = randomId();
  await services.index.addReport({ id, by, about, reason, text, since: services.clock.now() });
  log.warn({ report: id, by, about, reason }, "somebody has been reported");
  const word = reason === SPAM ? "reported-spam" : "reported-abuse";
  await services.index.addNotices(admins.map((to) => notices.make(to, word, { who: by, about, text })));
  for (const admin of admins) notices.flush(admin);
}
