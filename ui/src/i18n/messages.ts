import i18next from "i18next";
import { useLanguage } from "./language.ts";

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
export type Translated<Messages> = { readonly [Key in keyof Messages]: string };

/** A feature's messages in every language of the console. */
export interface Catalogue<Messages> {
  readonly feature: string;
  readonly say: Say<Messages>;
}

/** Register a feature's messages; they travel in the feature's own chunk. */
export function catalogue<const Messages extends Record<string, string>>(
  feature: string,
  english: Messages,
  portuguese: Translated<Messages>,
): Catalogue<Messages> {
  i18next.addResourceBundle("en", feature, english, false, true);
  i18next.addResourceBundle("pt", feature, portuguese, false, true);
  const say = (key: string, values?: Record<string, string | number>) => i18next.t(key, { ns: feature, ...values });
  return { feature, say: say };
}

/** A feature's messages in the language of the page; the component is drawn again when that changes. */
export function useMessages<Messages>(messages: Catalogue<Messages>): Say<Messages> {
  useLanguage();
  return messages.say;
}
