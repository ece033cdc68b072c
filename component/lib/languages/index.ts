/** The languages in which people are spoken to, which of them suits whom, and what is said in each. How to add one: docs/adding.md. */
import { durationParts, sizeParts } from "../units.js";
import type { Details, Said, Value } from "../said.js";
import { de } from "./de.js";
import { en, type Word } from "./en.js";
import { ko } from "./ko.js";
import type { Text, Texts } from "./text.js";

export type Language = "en" | "de" | "ko";

/** By tag (BCP 47). `name`: its own; `also`: how others call it. */
export const LANGUAGES: Readonly<Record<Language, { name: string; also: readonly string[]; texts: Texts<typeof en> }>> =
  {
    en: { name: "English", also: ["englisch", "영어"], texts: en },
    de: { name: "Deutsch", also: ["german", "독일어"], texts: de },
    ko: { name: "한국어", also: ["korean", "koreanisch"], texts: ko },
  };

/** For who has not shown another, and for logs. */
export const FALLBACK: Language = "en";

const isLanguage = (tag: string): tag is Language => Object.hasOwn(LANGUAGES, tag);

/** As it is kept in the records; undefined for "" and for what a newer version knows. */
export function languageOf(kept: string): Language | undefined {
  return isLanguage(kept) ? kept : undefined;
}

/**
 * The best of ours for an xml:lang or an Accept-Language (RFC 9110 §12.5.4, RFC 4647 §3.4: "de-AT" gets "de"); undefined when none of ours
 * is wanted. Left out: ranges with a wildcard in them.
 */
export function chooseLanguage(wanted: string | undefined): Language | undefined {
  let best: { language: Language; weight: number } | undefined;
  for (const range of (wanted ?? "").slice(0, 500).split(",")) {
    const [tag = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const language = tag.split(/[-_]/, 1)[0]!;
    const q = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
    const weight = /^[01](\.\d{0,3})?$/.test(q) ? Number(q) : 0;
    if (isLanguage(language) && weight > (best?.weight ?? 0)) best = { language, weight };
  }
  return best?.language;
}

/** The language that somebody names: by its tag, or by its name in any of ours. */
export function languageNamed(word: string): Language | undefined {
  const named = word.toLowerCase();
  for (const [tag, { name, also }] of Object.entries(LANGUAGES))
    if (isLanguage(tag) && (name.toLowerCase() === named || also.includes(named))) return tag;
  return chooseLanguage(/^[a-z]{2}([-_].*)?$/.test(named) ? named : undefined);
}

/** In words. An entry that is not known (a newer version's, from the records) is said by its name. */
export function render(said: Said, language: Language): string {
  if (typeof said === "string") return said;
  if (typeof said === "number") return String(said);
  if (isLines(said)) return said.map((line) => render(line, language)).filter(Boolean).join("\n"); // prettier-ignore
  return "word" in said ? sentence(said.word, said.details, language) : value(said, language);
}

const isLines = (said: Said): said is readonly Said[] => Array.isArray(said);

function sentence(word: string, details: Details, language: Language): string {
  const { texts } = LANGUAGES[language];
  if (!Object.hasOwn(texts, word)) return word;
  const text = formOf(texts[word as Word], details, language);
  // A gap without a value becomes nothing.
  return text.replace(/\{(\w+)\}/g, (_, key: string) =>
    Object.hasOwn(details, key) ? render(details[key]!, language) : "",
  );
}

function formOf(text: Text, { count }: Details, language: Language): string {
  if (typeof text === "string") return text;
  return text[formats(language).plural.select(typeof count === "number" ? count : 2)] ?? text.other;
}

function value(said: Value, language: Language): string {
  if ("bytes" in said) return sizeIn(said.bytes, language);
  if ("ms" in said) {
    const [count, unit] = durationParts(said.ms);
    return sentence(`${unit}s`, { count }, language);
  }
  if ("day" in said) return dayIn(said.day, language);
  if ("minute" in said)
    return `${dayIn(said.minute, language)} ${new Date(said.minute).toISOString().slice(11, 16)} UTC`;
  if ("percent" in said) return sentence("percent", { count: Math.floor(said.percent) }, language);
  if ("all" in said) return new Intl.ListFormat(language).format(said.all.map((item) => render(item, language)));
  return said.join.map((item) => render(item, language)).join(said.by);
}

function sizeIn(bytes: number, language: Language): string {
  const { value, unit } = sizeParts(bytes);
  if (unit === "") return sentence("bytes", { count: bytes }, language);
  return `${formats(language).number.format(value)} ${unit}`;
}

/** In English as ISO 8601 has it: its readers do not agree on the order of the numbers. */
function dayIn(at: number, language: Language): string {
  if (language === "en") return new Date(at).toISOString().slice(0, 10);
  return formats(language).day.format(at);
}

interface Formats {
  readonly plural: Intl.PluralRules;
  readonly number: Intl.NumberFormat;
  readonly day: Intl.DateTimeFormat;
}

/** Making them takes longer than using them ten thousand times. */
const made = new Map<Language, Formats>();

function formats(language: Language): Formats {
  let found = made.get(language);
  if (!found) {
    const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1, useGrouping: false } as const;
    found = {
      plural: new Intl.PluralRules(language),
      number: new Intl.NumberFormat(language, digits),
      day: new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" }),
    };
    made.set(language, found);
  }
  return found;
}
