/**
 * XEP-0454 0.1.0, OMEMO Media sharing: a message whose body is a link to ciphertext, with the key to it in the link.
 * Left out: the thumbnail on the line after it (§4), which is read over and not passed on.
 */
import { isSealed } from "../../lib/sealed-link.js";
import { type Element, xml } from "../stanza.js";
import * as hints from "./xep0334-hints.js";

/**
 * The link that a body consists of, perhaps followed by thumbnails; undefined when it does not begin with one. Where something else follows
 * it is the whole body, which is no well-formed link (§5: "very strict").
 */
export function read(body: string): string | undefined {
  if (!isSealed(body)) return undefined;
  const [link = "", ...more] = body.split(/\r?\n/);
  return more.every((line) => line === "" || line.startsWith("data:")) ? link : body;
}

/** The children of a message that is such a link and nothing else: no annotation is necessary (§5). */
export function write(link: string): Element[] {
  return [xml("body", {}, link), hints.write("store")];
}
