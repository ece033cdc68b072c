/** What people see here: one plain page, and sentences that say why not. Nothing of a request is ever repeated in an answer. */

/** For our own pages: no scripts, no pictures, nothing from anywhere. */
export const PAGE_HEADERS = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
  "cache-control": "no-store",
  vary: "accept",
} as const;

const page = (title: string, text: string): string =>
  `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>${title}</title></head><body><h1>${title}</h1><p>${text}</p></body></html>\n`;

export const FRONT = page(
  "Restante",
  "This is a file keeper for people on XMPP. It keeps what is sent to somebody who is away, and hands it over when they come online. " +
    "You get here by a link that it sent you: open that one. There is nothing else to see, and nobody is counted.",
);

/** A sentence of our own as the body of an answer: a page for browsers, a line of text for everything else. */
export function sentence(text: string, accept: string | undefined): { type: string; body: string } {
  return /\btext\/html\b/.test(accept ?? "")
    ? { type: "text/html; charset=utf-8", body: page("Restante", escape(text)) }
    : { type: "text/plain; charset=utf-8", body: `${text}\n` };
}

const escape = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
