/** XEP-0066 Out of Band Data, version 1.5: `jabber:x:oob` in messages. Left out: `jabber:iq:oob`, and `<desc/>`, which nobody shows. */
import { type Element, xml } from "../stanza.js";
import { field } from "./read.js";

export const NS = "jabber:x:oob";

/** The URL. */
export function read(element: Element): string | undefined {
  return element.is("x", NS) ? field(element, "url") : undefined;
}

export function write(url: string): Element {
  return xml("x", { xmlns: NS }, xml("url", {}, url));
}
