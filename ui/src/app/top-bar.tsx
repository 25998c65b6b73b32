import TopNavigation, { type TopNavigationProps } from "@cloudscape-design/components/top-navigation";
import { useSyncExternalStore } from "react";
import { useLocation } from "react-router";
import { LANGUAGES, speak, useLanguage, type Language } from "../i18n/language.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatQu } from "../shared/format.ts";
import { themeChoice, THEMES, type Theme } from "./appearance.ts";
import { useFollow } from "./follow.ts";
import { appMessages } from "./messages.ts";
import { signOut, useSession, type User } from "./session.ts";
import { toasts } from "./toasts.ts";

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
      utilities={[useThemeMenu(say), useLanguageMenu(say), useAccount(say)]}
    />
  );
}

function useAccount(say: typeof appMessages.say): TopNavigationProps.Utility {
  const { user } = useSession();
  const follow = useFollow();
  const { pathname, search } = useLocation();
  if (user === null) {
    const href = `/app/sign-in?next=${encodeURIComponent(pathname + search)}`;
    return {
      type: "button",
      variant: "primary-button",
      text: say("top.signIn"),
      href,
      onClick: (event) => follow({ preventDefault: () => event.preventDefault(), detail: { href } }),
      disableUtilityCollapse: true,
    };
  }
  return {
    type: "menu-dropdown",
    iconName: "user-profile",
    text: formatQu(user.balance),
    title: nameOf(user),
    description: say("top.held", { held: formatQu(user.held) }),
    ariaLabel: `${formatQu(user.balance)}: ${say("top.account")}`,
    items: [{ id: "sign-out", text: say("top.signOut") }],
    onItemClick: ({ detail }) => {
      if (detail.id === "sign-out") signOut().catch(toasts.error);
    },
    disableUtilityCollapse: true,
  };
}

/** A user's name, or the beginning and the end of their address. */
function nameOf(user: User): string {
  return (
    user.username ??
    (user.qubicAddress === null ? user.id : `${user.qubicAddress.slice(0, 6)}…${user.qubicAddress.slice(-6)}`)
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
