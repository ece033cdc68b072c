/** RFC 6120 §8.3, stanza errors as they come back to us. Left out: `<text/>` and application conditions, a stranger's words. */
import { type Element, NS_STANZAS } from "../stanza.js";

/** §8.3.3, the whole list. */
const CONDITIONS = new Set(
  `bad-request conflict feature-not-implemented forbidden gone internal-server-error item-not-found jid-malformed not-acceptable
   not-allowed not-authorized policy-violation recipient-unavailable redirect registration-required remote-server-not-found
   remote-server-timeout resource-constraint service-unavailable subscription-required undefined-condition unexpected-request`.split(
    /\s+/,
  ),
);

/** The condition of a stanza of type error: one of the list, "undefined-condition" for anything else. */
export function readCondition(stanza: Element): string {
  const children = stanza.getChild("error")?.getChildElements() ?? [];
  const condition = children.find((child) => child.getNS() === NS_STANZAS && CONDITIONS.has(child.getName()));
  return condition?.getName() ?? "undefined-condition";
}
