/** German: polite ("Sie"), and in the first person, as the English is. */
import { commands } from "./de/commands.js";
import { errors } from "./de/errors.js";
import { pages } from "./de/pages.js";
import { words } from "./de/words.js";
import type { en } from "./en.js";
import type { Texts } from "./text.js";

export const de = { ...words, ...errors, ...commands, ...pages } as const satisfies Texts<typeof en>;
