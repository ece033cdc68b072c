/**
 * XEP-0020 Feature Negotiation, version 1.6, as far as stream initiation has it: the one field "stream-method" (XEP-0095 §3.2).
 * Left out: other fields, forms in messages, cancelling.
 */
import { type Element, xml } from "../stanza.js";
import { every, field } from "./read.js";

export const NS = "http://jabber.org/protocol/feature-neg";
const NS_DATA = "jabber:x:data";

/** `options`: to choose from; `value`: what was chosen. */
export interface StreamMethod {
  readonly options: readonly string[];
  readonly value?: string;
}

export function read(element: Element): StreamMethod | undefined {
  if (!element.is("feature", NS)) return undefined;
  const fields = element.getChild("x", NS_DATA)?.getChildren("field") ?? [];
  const method = fields.find(({ attrs }) => attrs["var"] === "stream-method");
  if (!method) return undefined;
  // COMPAT: gloox also offers an option without a value.
  const options = every(method.getChildren("option"), (option) => field(option, "value", 255));
  const value = field(method, "value", 255);
  return { options: [...new Set(options)], ...(value !== undefined && { value }) };
}

export function write({ options, value }: StreamMethod): Element {
  const type = options.length > 0 ? "form" : "submit";
  return xml(
    "feature",
    { xmlns: NS },
    xml(
      "x",
      { xmlns: NS_DATA, type },
      xml(
        "field",
        { var: "stream-method", type: type === "form" ? "list-single" : undefined },
        value === undefined ? undefined : xml("value", {}, value),
        ...options.map((option) => xml("option", {}, xml("value", {}, option))),
      ),
    ),
  );
}
