/** An entry of the catalogue: a sentence with `{gaps}`, or one for each plural form that the language has (`{count}` decides). */
export type Text = string | PluralText;

export type PluralText = { readonly [form in Exclude<Intl.LDMLPluralRule, "other">]?: string } & {
  readonly other: string;
};

/** The same entries in another language: one that is missing, or one too many, does not compile. */
export type Texts<English> = Readonly<Record<keyof English, Text>>;
