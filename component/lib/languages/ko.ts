/** Korean: formal and polite (합니다체). No particle depends on how a name ends: the wording goes without one after a gap, or gives both forms. */
import { commands } from "./ko/commands.js";
import { errors } from "./ko/errors.js";
import { pages } from "./ko/pages.js";
import { words } from "./ko/words.js";
import type { en } from "./en.js";
import type { Texts } from "./text.js";

export const ko = { ...words, ...errors, ...commands, ...pages } as const satisfies Texts<typeof en>;
