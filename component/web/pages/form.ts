/** The page by which files come in: a form, which a script makes quicker; and what is said when it has been sent. */
import type { KeptFile, OpenUpload } from "../../control/ports.js";
import { example, label, list, minute, say, size } from "../../control/words.js";
import { render, type Language } from "../../lib/languages/index.js";
import type { Said } from "../../lib/said.js";
import { markup, type Html } from "./html.js";
import { page } from "./layout.js";

/** What became of one file of a form. */
export type Taken = { readonly name: string } & ({ readonly kept: KeptFile } | { readonly why: Said });

/** What the script says; it fills the gaps itself. */
const SCRIPT_WORDS = ["drop", "waiting", "moving", "paused", "go-on", "stop", "stopped", "not-kept", "kept"] as const;
const GAPS = { percent: "{percent}", size: "{size}", why: "{why}", number: "{number}" };

/** `paths`: of the script's files and of its uploads (tus), relative to the page. */
export function formPage(
  language: Language,
  open: OpenUpload,
  paths: { readonly scripts: readonly string[]; readonly tus: string },
): string {
  const text = (said: Said): string => render(said, language);
  const words = JSON.stringify(
    Object.fromEntries(SCRIPT_WORDS.map((word) => [word, text(say(`form/script/${word}`, GAPS))])),
  );
  const body = markup`<h1>${text(say("form/title"))}</h1>
    <p>${whose(open, text)}</p>
    <p>
      ${text(say("form/most", { size: size(open.most) }))} ${text(say("form/until", { until: minute(open.until) }))}
    </p>
    <form method="post" enctype="multipart/form-data" data-tus="${paths.tus}" data-words="${words}">
      <label class="drop"
        ><span>${text(say("form/choose"))}</span><br />
        <input type="file" name="file" multiple required
      /></label>
      <button class="wide">${text(say("form/send"))}</button>
    </form>
    <ul class="files" aria-live="polite" hidden></ul> `;
  // A module waits as a deferred script does, and for those before it.
  const scripts = paths.scripts.map((src) => markup`<script type="module" src="${src}"></script> `);
  return page(language, text(say("form/title")), body, markup`${scripts}`);
}

/** What became of what was sent. */
export function takenPage(language: Language, open: OpenUpload, taken: readonly Taken[]): string {
  const text = (said: Said): string => render(said, language);
  const kept = taken.flatMap((one) => ("kept" in one ? [one.kept] : []));
  const title = text(taken.length === 0 ? say("form/nothing") : kept.length === 0 ? say("form/not-kept-title") : say("form/kept-title")); // prettier-ignore
  const body = markup`<h1>${title}</h1>
    <ul class="files">
      ${taken.map((one) => markup`<li class="${"kept" in one ? "good" : "bad"}">${text(lineOf(one))}</li> `)}
    </ul>
    ${kept.length > 0 ? next(open, kept[0]!, text) : undefined}
    <p class="more"><a class="button plain" href="">${text(say("form/more"))}</a></p> `;
  return page(language, title, body);
}

function lineOf(one: Taken): Said {
  const name = label(one.name);
  if ("why" in one) return say("not-kept", { name, why: one.why });
  return say("form/kept", { name, size: size(one.kept.size), number: one.kept.number });
}

/** Whom they are for. */
function whose({ owner, recipients }: OpenUpload, text: (said: Said) => string): string {
  return recipients.length === 0
    ? text(say("form/for-owner", { owner }))
    : text(say("form/for-others", { owner, who: list(recipients) }));
}

function next({ recipients }: OpenUpload, { number }: KeptFile, text: (said: Said) => string): Html {
  if (recipients.length > 0) return markup`<p>${text(say("form/sent", { who: list(recipients) }))}</p> `;
  return markup`<h2>${text(say("form/next"))}</h2>
    <p>
      <code>${text(example("send", number, "to", say("noun/address")))}</code> ${text(say("form/next-send"))}<br />
      <code>${text(example("link", number))}</code> ${text(say("form/next-link"))}<br />
      <code>${text(example("get", number))}</code> ${text(say("form/next-get"))}
    </p> `;
}
