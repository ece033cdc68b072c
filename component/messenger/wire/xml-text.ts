/** Text that comes from files and people, made fit for a stream: one character that XML 1.0 §2.2 does not allow ends the whole connection. */

const NOT_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/** The text with U+FFFD in place of what may not be in XML (controls, lone surrogates, U+FFFE and U+FFFF). */
export function xmlText(text: string): string {
  return text.replace(NOT_XML, "\u{FFFD}");
}
