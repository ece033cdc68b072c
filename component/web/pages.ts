/** What people see here: one plain page, and sentences that say why not. Nothing of a request is ever repeated in an answer. */
import { type Language, render } from "../lib/languages/index.js";
import { say } from "../lib/said.js";

/** For our own pages: no scripts, no pictures, nothing from anywhere. */
export const PAGE_HEADERS = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
  "cache-control": "no-store",
  vary: "accept, accept-language",
} as const;

const page = (language: Language, title: string, text: string): string =>
  `<!doctype html>\n<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>${title}</title></head><body><h1>${title}</h1><p>${text}</p></body></html>\n`;

export function front(language: Language): string {
  return page(language, "Restante", escape(render(say("page/front"), language)));
}

/** A sentence of our own as the body of an answer: a page for browsers, a line of text for everything else. */
export function sentence(text: string, accept: string | undefined, language: Language): { type: string; body: string } {
  return /\btext\/html\b/.test(accept ?? "")
    ? { type: "text/html; charset=utf-8", body: page(language, "Restante", escape(text)) }
    : { type: "text/plain; charset=utf-8", body: `${text}\n` };
}

const escape = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
