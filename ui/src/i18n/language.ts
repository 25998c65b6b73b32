import { useSyncExternalStore } from "react";
import { preference } from "../shared/preference.ts";

export const LANGUAGES = ["en", "pt"] as const;
export type Language = (typeof LANGUAGES)[number];

const chosen = preference<Language>("language", LANGUAGES, preferred(navigator.languages));
document.documentElement.lang = chosen.get();

/** The first language of the browser's that the console speaks; English where it speaks none. */
export function preferred(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const known = LANGUAGES.find((language) => tag.toLowerCase().startsWith(language));
    if (known !== undefined) return known;
  }
  return "en";
}

export function language(): Language {
  return chosen.get();
}

/** Speak another language from now on, and remember it. */
export function speak(next: Language): void {
  document.documentElement.lang = next;
  chosen.set(next);
}

export function useLanguage(): Language {
  return useSyncExternalStore(chosen.subscribe, chosen.get);
}
