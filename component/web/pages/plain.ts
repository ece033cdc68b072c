/** Pages that say one thing: what this is, and why not. */
import { render, type Language } from "../../lib/languages/index.js";
import { say, type Said } from "../../lib/said.js";
import { markup } from "./html.js";
import { HTML_TYPE, page } from "./layout.js";

const TITLE = "Restante";

export function front(language: Language): string {
  return plainPage(language, say("page/front"));
}

/** What is said as the body of an answer: a page for browsers, a line of text for everything else. */
export function sentence(said: Said, accept: string | undefined, language: Language): { type: string; body: string } {
  return /\btext\/html\b/.test(accept ?? "")
    ? { type: HTML_TYPE, body: plainPage(language, said) }
    : { type: "text/plain; charset=utf-8", body: `${render(said, language)}\n` };
}

function plainPage(language: Language, said: Said): string {
  const lines = render(said, language).split("\n");
  return page(
    language,
    TITLE,
    markup`<h1>${TITLE}</h1>
      ${lines.map((line) => markup`<p>${line}</p> `)}`,
  );
}
