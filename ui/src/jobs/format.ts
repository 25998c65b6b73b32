import { language } from "../i18n/language.ts";

/** A time of the wire to the second, for what happens within a job. */
export function formatMoment(iso: string): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: "short", timeStyle: "medium" }).format(new Date(iso));
}
