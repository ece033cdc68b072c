/** HTML that cannot be broken out of: whatever is put into a template is text, unless it is HTML itself. */
export class Html {
  constructor(readonly text: string) {}
}

type Hole = Html | string | number | undefined | readonly Hole[];

/** `undefined` is nothing; lists stand one after the other. Not called "html", for Prettier would lay out what it takes for HTML, and the policy names bytes. */
export function markup(strings: TemplateStringsArray, ...holes: readonly Hole[]): Html {
  return new Html(strings.map((text, i) => (i === 0 ? "" : fill(holes[i - 1])) + text).join(""));
}

function fill(hole: Hole): string {
  if (hole instanceof Html) return hole.text;
  if (hole === undefined) return "";
  if (typeof hole === "object") return hole.map(fill).join("");
  return String(hole).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
