/** How our pages look: one sheet, in the page itself, and named in its policy by its hash. */
import { createHash } from "node:crypto";

export const STYLE = `
:root { color-scheme: light dark; --paper: #f6f4ef; --card: #fff; --ink: #22201c; --dim: #625d54; --line: #d9d4c8; --blue: #1f5fa8; --on-blue: #fff; --red: #a3271f; --green: #23693a }
@media (prefers-color-scheme: dark) { :root { --paper: #1b1a18; --card: #26241f; --ink: #efece4; --dim: #b3ada0; --line: #45413a; --blue: #8fc0f5; --on-blue: #10233a; --red: #ff9d92; --green: #8fd4a5 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column; align-items: center; justify-content: center; padding: 1.25rem .75rem; gap: 1rem; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 34rem; background: var(--card); border: 1px solid var(--line); border-radius: 1rem; padding: clamp(1.1rem, 5vw, 2.25rem); overflow-wrap: anywhere }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .5rem }
h2 { font-size: 1rem; margin: 1.5rem 0 .25rem }
p { margin: .5rem 0 }
a { color: var(--blue) }
footer { color: var(--dim); font-size: .85rem; text-align: center; text-wrap: balance; max-width: 34rem }
.picture { display: flex; justify-content: center; align-items: center; height: 9.5rem; margin: 0 0 1.25rem; border-radius: .6rem; background: var(--paper); color: var(--dim) }
.picture img { max-width: 100%; max-height: 100%; border-radius: .3rem; box-shadow: 0 1px 4px #0004 }
.picture svg { width: 4.5rem; height: 4.5rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1rem 0 1.4rem }
dt { color: var(--dim) }
dd { margin: 0 }
.button, button { display: inline-block; min-height: 2.9rem; padding: .65rem 1.4rem; border: 1px solid var(--blue); border-radius: .6rem; background: var(--blue); color: var(--on-blue); font: inherit; font-weight: 600; line-height: 1.5; text-align: center; text-decoration: none; cursor: pointer }
.wide { display: block; width: 100% }
.button:hover, button:hover { filter: brightness(1.1) }
.plain { background: none; color: var(--blue) }
.more { margin: 1.4rem 0 0 }
.no { background: none; border-color: var(--red); color: var(--red) }
:focus-visible { outline: 3px solid var(--blue); outline-offset: 3px }
details { margin-top: 1rem; text-align: center }
summary { display: inline-block; padding: .6rem .9rem; border-radius: .6rem; color: var(--dim); cursor: pointer; text-decoration: underline }
.note { border-inline-start: .25rem solid var(--line); padding-inline-start: .8rem; color: var(--dim) }
.bad { color: var(--red) } .good { color: var(--green) }
ul.files { list-style: none; margin: 1rem 0; padding: 0 }
ul.files > li { padding: .6rem 0; border-top: 1px solid var(--line) }
code { display: inline-block; margin: .15rem 0; font-family: ui-monospace, monospace; background: var(--paper); padding: .1rem .35rem; border-radius: .3rem }
.drop { display: block; border: 2px dashed var(--line); border-radius: .8rem; padding: 1.6rem 1rem; margin: 1.2rem 0; text-align: center; color: var(--dim) }
.drop.over { border-color: var(--blue); background: var(--paper) }
input[type=file] { max-width: 100%; margin: .8rem 0; color: var(--ink); font: inherit }
/* With a script nothing stays chosen: what is sent stands in the list. */
.scripted input[type=file] { color: transparent; width: min-content; max-width: 12rem }
input::file-selector-button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .5rem 1rem; margin-inline-end: .8rem; border: 1px solid var(--blue); border-radius: .6rem; background: none; color: var(--blue); cursor: pointer }
progress { display: block; width: 100%; height: .7rem; margin: .35rem 0; accent-color: var(--blue) }
.row { display: flex; justify-content: space-between; align-items: center; gap: 1rem }
.row button { min-height: 2.2rem; padding: .2rem .8rem; font-size: .9rem }
[hidden] { display: none !important }
`;

export const STYLE_HASH = `sha256-${createHash("sha256").update(STYLE).digest("base64")}`;
