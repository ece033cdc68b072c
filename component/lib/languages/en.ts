/**
 * English, from which the other languages are translated: which entries there are is decided here.
 * A new entry: put it into one of `en/*.ts`, and into the files of the same name of every other language (the compiler says which are missing,
 * `test/lib/languages.test.ts` which gaps are). It is used by `say("its-name", { gaps })`; an error by its code, a command by its word.
 */
import { commands } from "./en/commands.js";
import { errors } from "./en/errors.js";
import { pages } from "./en/pages.js";
import { words } from "./en/words.js";

export const en = { ...words, ...errors, ...commands, ...pages } as const;

export type Word = keyof typeof en;
