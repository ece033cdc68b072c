/** What all our pages share: their frame, their policy, and the reader's language. Nothing of a request is ever repeated in an answer. */
import { chooseLanguage, FALLBACK, render, type Language } from "../../lib/languages/index.js";
import { Html, markup } from "./html.js";
import { STYLE, STYLE_HASH } from "./style.js";

const policy = (more: Readonly<Record<string, string>> = {}): string =>
  Object.entries({
    "default-src": "'none'",
    "style-src": `'${STYLE_HASH}'`,
    "img-src": "data:",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    ...more,
  })
    .map(([name, value]) => `${name} ${value}`)
    .join("; ");

const headers = (csp: string): Record<string, string> => ({
  "content-security-policy": csp,
  "cache-control": "no-store",
  vary: "accept, accept-language",
});

/** For our own pages: no scripts, no forms, nothing from anywhere. */
export const PAGE_HEADERS = headers(policy());
/** For those with a button that asks us for something. */
export const FORM_HEADERS = headers(policy({ "form-action": "'self'" }));
/** For those that are quicker with a script; it is ours, and a file of its own. */
export const SCRIPT_HEADERS = headers(policy({ "form-action": "'self'", "script-src": "'self'", "connect-src": "'self'" })); // prettier-ignore

export const HTML_TYPE = "text/html; charset=utf-8";

/** The language that somebody's browser asks for. */
export function languageOf(acceptLanguage: string | undefined): Language {
  return chooseLanguage(acceptLanguage) ?? FALLBACK;
}

/** A whole page. */
export function page(language: Language, title: string, body: Html, head: Html = markup``): string {
  const about = render({ word: "page/about", details: {} }, language);
  return markup`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
${head}</head>
<body>
<main>
${body}</main>
<footer>${about}</footer>
</body>
</html>
`.text;
}
