import SideNavigation, { type SideNavigationProps } from "@cloudscape-design/components/side-navigation";
import { useLocation } from "react-router";
import { useMessages } from "../i18n/messages.ts";
import { CATEGORIES, type NavigationLink } from "./feature.ts";
import { FEATURES } from "./features.ts";
import { useFollow } from "./follow.ts";
import { appMessages } from "./messages.ts";

const LINKS: readonly NavigationLink[] = FEATURES.flatMap((feature) => feature.links ?? []);

/** The pages by category. A category without pages is not there. */
export function SideBar({ isSignedIn }: { isSignedIn: boolean }) {
  const say = useMessages(appMessages);
  const follow = useFollow();
  const { pathname } = useLocation();
  const visible = LINKS.filter((link) => isSignedIn || !link.needsSignIn);
  const items = CATEGORIES.flatMap((category): SideNavigationProps.Item[] => {
    const links = visible.filter((link) => link.category === category);
    if (links.length === 0) return [];
    return [
      {
        type: "section-group",
        title: say(`nav.${category}`),
        items: links.map((link) => ({ type: "link", href: link.href, text: say(link.text) })),
      },
    ];
  });
  return <SideNavigation activeHref={activeLink(visible, pathname)} items={items} onFollow={follow} />;
}

/** The link that a page belongs to: the one with the longest address that the page's begins with. */
export function activeLink(links: readonly NavigationLink[], pathname: string): string {
  const fitting = links.filter((link) => `${pathname}/`.startsWith(`${link.href}/`));
  return fitting.reduce((best, link) => (link.href.length > best.length ? link.href : best), "");
}
