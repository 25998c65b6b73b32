import TopNavigation, { type TopNavigationProps } from "@cloudscape-design/components/top-navigation";
import { useSyncExternalStore } from "react";
import { LANGUAGES, speak, useLanguage, type Language } from "../i18n/language.ts";
import { useMessages } from "../i18n/messages.ts";
import { themeChoice, THEMES, type Theme } from "./appearance.ts";
import { useFollow } from "./follow.ts";
import { appMessages } from "./messages.ts";

export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", pt: "Português" };

/** The bar at the top of every page: where one is, who one is, how it looks. */
export function TopBar() {
  const say = useMessages(appMessages);
  const follow = useFollow();
  return (
    <TopNavigation
      identity={{
        href: "/",
        logo: { src: "/wordmark.svg", alt: say("top.home") },
        onFollow: (event) => follow({ preventDefault: () => event.preventDefault(), detail: { href: "/" } }),
      }}
      utilities={[useThemeMenu(say), useLanguageMenu(say)]}
    />
  );
}

function useThemeMenu(say: typeof appMessages.say): TopNavigationProps.Utility {
  const theme = useSyncExternalStore(themeChoice.subscribe, themeChoice.get);
  return {
    type: "menu-dropdown",
    iconName: "settings",
    ariaLabel: say("top.theme"),
    title: say("top.theme"),
    disableUtilityCollapse: true,
    items: THEMES.map((id) => ({
      id,
      itemType: "checkbox",
      checked: id === theme,
      text: say(`top.theme.${id}`),
    })),
    onItemClick: ({ detail }) => themeChoice.set(detail.id as Theme),
  };
}

function useLanguageMenu(say: typeof appMessages.say): TopNavigationProps.Utility {
  const language = useLanguage();
  return {
    type: "menu-dropdown",
    text: language.toUpperCase(),
    ariaLabel: `${language.toUpperCase()}: ${say("top.language")}`,
    disableUtilityCollapse: true,
    items: LANGUAGES.map((id) => ({ id, itemType: "checkbox", checked: id === language, text: LANGUAGE_NAMES[id] })),
    onItemClick: ({ detail }) => speak(detail.id as Language),
  };
}
