import type { I18nProviderProps } from "@cloudscape-design/components/i18n";
import { useSyncExternalStore } from "react";
import { language, useLanguage, type Language } from "../i18n/language.ts";

const LOCALES: Record<Language, string> = { en: "en", pt: "pt-BR" };

const SOURCES: Record<Language, () => Promise<{ default: I18nProviderProps.Messages }>> = {
  en: () => import("@cloudscape-design/components/i18n/messages/all.en"),
  pt: () => import("@cloudscape-design/components/i18n/messages/all.pt-BR"),
};

const loaded = new Map<Language, I18nProviderProps.Messages>();
const listeners = new Set<() => void>();

/** Fetch the words of Cloudscape's own parts in the language of the page. */
export async function loadCloudscapeMessages(wanted: Language = language()): Promise<void> {
  if (loaded.has(wanted)) return;
  loaded.set(wanted, (await SOURCES[wanted]()).default);
  for (const listener of listeners) listener();
}

/** They, in the language of the page; while they are fetched, those of the language before. */
export function useCloudscapeMessages(): { locale: string; messages: I18nProviderProps.Messages } {
  const wanted = useLanguage();
  const messages = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => loaded.get(wanted) ?? loaded.values().next().value ?? EMPTY,
  );
  if (!loaded.has(wanted)) void loadCloudscapeMessages(wanted);
  return { locale: LOCALES[wanted], messages };
}

const EMPTY: I18nProviderProps.Messages = {};
