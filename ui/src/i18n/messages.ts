import { language, useLanguage, type Language } from "./language.ts";

/** Where a message has `{{name}}`, `name` has to be given. */
type Placeholders<Text extends string> = Text extends `${string}{{${infer Name}}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** A message with `_one` and `_other` is asked for without either, and with `count`. */
type Plain<Key> = Key extends `${infer Stem}_one` | `${infer Stem}_other` ? Stem : Key;

type TextOf<Messages, Key extends string> = Key extends keyof Messages
  ? Messages[Key]
  : `${Key}_other` extends keyof Messages
    ? Messages[`${Key}_other`]
    : never;

type Values<Text> = [Text] extends [string]
  ? [Placeholders<Text>] extends [never]
    ? []
    : [values: Record<Placeholders<Text>, string | number>]
  : never;

/** Says a message in the language of the page. */
export type Say<Messages> = <Key extends Plain<keyof Messages> & string>(
  key: Key,
  ...values: Values<TextOf<Messages, Key>>
) => string;

/** The same keys in another language. */
export type Translated<Messages> = Readonly<Record<keyof Messages, string>>;

/** A feature's messages in every language of the console. */
export interface Catalogue<Messages> {
  readonly say: Say<Messages>;
}

const PLURALS: Record<Language, Intl.PluralRules> = { en: new Intl.PluralRules("en"), pt: new Intl.PluralRules("pt") };

/** A feature's messages; they travel in the feature's own chunk. */
export function catalogue<const Messages extends Record<string, string>>(
  english: Messages,
  portuguese: Translated<Messages>,
): Catalogue<Messages> {
  const texts: Record<Language, Readonly<Record<string, string>>> = { en: english, pt: portuguese };
  const say = (key: string, values: Readonly<Record<string, string | number>> = {}): string => {
    const spoken = language();
    const text = texts[spoken][key] ?? texts[spoken][pluralKey(key, spoken, values.count)] ?? key;
    return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name]));
  };
  return { say };
}

function pluralKey(key: string, spoken: Language, count: string | number | undefined): string {
  return `${key}_${PLURALS[spoken].select(Number(count)) === "one" ? "one" : "other"}`;
}

/** A feature's messages in the language of the page; the component is drawn again when that changes. */
export function useMessages<Messages>(messages: Catalogue<Messages>): Say<Messages> {
  useLanguage();
  return messages.say;
}
