/** Commands take people by their own addresses and by those that stand in for them here (XEP-0106), and know them by their own. */
import type { BareJid } from "../../lib/jid.js";
import { personBehind } from "../../lib/stand-in.js";
import type { People } from "../people/people.js";
import type { Command } from "./define.js";

/** The arguments, with the people behind addresses of `domain`, ours, in their place. */
export function withPeople(
  command: Command,
  args: Readonly<Record<string, unknown>>,
  domain: string,
): Readonly<Record<string, unknown>> {
  const behind = (jid: BareJid): BareJid => personBehind(jid, domain) ?? jid;
  const each = (jids: readonly BareJid[]): BareJid[] => [...new Set(jids.map(behind))];
  const put = ([name, value]: [string, unknown]): [string, unknown] => {
    switch (command.params[name]?.type) {
      case "address":
        return [name, behind(value as BareJid)];
      case "addresses":
        return [name, each(value as BareJid[])];
      case "people":
        return [name, { ...(value as People), addresses: each((value as People).addresses) }];
      default:
        return [name, value];
    }
  };
  return Object.fromEntries(Object.entries(args).map(put));
}
