/** The page about a file: what it is, who sent it, until when it is here; how to have it, and how not to. */
import { isOpen } from "../../control/parcel.js";
import type { OpenPage } from "../../control/ports.js";
import { label, minute, say, size } from "../../control/words.js";
import { render, type Language } from "../../lib/languages/index.js";
import type { Said } from "../../lib/said.js";
import { mediaType } from "../headers.js";
import { markup, type Html } from "./html.js";
import { page } from "./layout.js";

/** `download`: where the file itself is had, relative to the page. */
export function filePage(language: Language, file: OpenPage, download: string): string {
  const text = (said: Said): string => render(said, language);
  const name = label(file.name);
  const { parcel } = file;
  const rows: readonly (readonly [Said, Html | string] | undefined)[] = [
    parcel && [say("page/from"), markup`<bdi>${parcel.sender}</bdi>`],
    [say("page/size"), text(size(file.size))],
    [say("page/type"), typeOf(file, text)],
    [say("page/until"), text(minute(file.until))],
  ];
  const button = markup`<a class="button wide" href="${download}" download>${text(say("page/download"))}</a>\n`;
  const body = markup`${likeness(file, text)}
<h1><bdi>${name}</bdi></h1>
<dl>
${rows.map((row) => row && markup`<dt>${text(row[0])}</dt><dd>${row[1]}</dd>\n`)}</dl>
${notes(file).map((note) => markup`<p class="note">${text(note)}</p>\n`)}${file.mark === "held" ? undefined : button}${
    parcel && isOpen(parcel.state) ? declining(parcel.sender, text) : undefined
  }`;
  return page(language, name, body);
}

/** After his no. */
export function declinedPage(language: Language, file: OpenPage): string {
  const name = label(file.name);
  const said = render(say("page/declined", { name, who: file.parcel?.sender ?? "" }), language);
  return page(
    language,
    name,
    markup`<h1><bdi>${name}</bdi></h1>
      <p>${said}</p> `,
  );
}

function notes({ mark, parcel }: OpenPage): Said[] {
  return [
    ...(mark === "held" ? [say("page/held")] : []),
    ...(mark === "unchecked" ? [say("mark/unchecked")] : []),
    ...(mark === "sealed" ? [say("page/sealed")] : []),
    ...(parcel?.state === "delivered" ? [say("page/delivered")] : []),
  ];
}

/** A type that can do harm when it is believed is not named. */
function typeOf({ mediaType: found, mark, picture }: OpenPage, text: (said: Said) => string): string {
  const type = mark === "sealed" ? "application/octet-stream" : mediaType(found);
  return picture ? `${type} · ${text(say("page/measures", { width: picture.width, height: picture.height }))}` : type;
}

function likeness({ picture }: OpenPage, text: (said: Said) => string): Html {
  const thumbnail = picture?.thumbnail;
  if (!thumbnail) return markup`<div class="picture">${SHEET}</div>`;
  const data = `data:${thumbnail.mediaType};base64,${Buffer.from(thumbnail.bytes).toString("base64")}`;
  return markup`<div class="picture">
    <img src="${data}" width="${thumbnail.width}" height="${thumbnail.height}" alt="${text(say("page/likeness"))}" />
  </div>`;
}

const SHEET = markup`<svg
  viewBox="0 0 24 24"
  fill="none"
  stroke="currentColor"
  stroke-width="1.2"
  stroke-linejoin="round"
  stroke-linecap="round"
  aria-hidden="true"
>
  <path d="M6 2.5h8.5L19 7v14.5H6z" />
  <path d="M14.5 2.5V7H19M9 12h7M9 15h7M9 18h4" />
</svg>`;

/** Asks again first, without a script: the button comes to light when the words are opened. */
function declining(who: string, text: (said: Said) => string): Html {
  return markup`<details>
    <summary>${text(say("page/decline"))}</summary>
    <form method="post">
      <p>${text(say("page/decline-ask", { who }))}</p>
      <button class="no">${text(say("page/decline-yes"))}</button>
    </form>
  </details> `;
}
