/**
 * Stanza → the text that goes on the wire. Unlike the serialiser of ltx it keeps line ends and tabs of attribute values
 * (XML 1.0 §3.3.3), and leaves out what XML 1.0 §2.2 forbids: a file's name or a line of chat from elsewhere never breaks the stream.
 */
import type { Element } from "ltx";

/** What is no Char of XML 1.0, lone surrogates among them. */
const FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const IN_TEXT = /[&<>\r]/g;
const IN_ATTRIBUTE = /[&<>"'\t\n\r]/g;
/** Whether there is anything to be done at all. */
const SPECIAL = /[^\n\x20\x21\x23-\x25\x28-\x3b\x3d\x3f-\ud7ff\ue000-\ufffd]/;

const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;",
}; // prettier-ignore

/** The element with all in it. Names are taken as they are: they come from our own code or from the parser. */
export function serialise(element: Element): string {
  let text = `<${element.name}`;
  for (const name in element.attrs) {
    const value = element.attrs[name] as string | number | null | undefined;
    if (value !== undefined && value !== null) text += ` ${name}="${escape(String(value), IN_ATTRIBUTE)}"`;
  }
  if (element.children.length === 0) return `${text}/>`;
  text += ">";
  for (const child of element.children)
    text += typeof child === "object" ? serialise(child) : escape(String(child), IN_TEXT);
  return `${text}</${element.name}>`;
}

function escape(text: string, what: RegExp): string {
  if (!SPECIAL.test(text) && (what === IN_TEXT || !text.includes("\n"))) return text;
  return text.replace(FORBIDDEN, "").replace(what, (c) => REFERENCES[c]!);
}
