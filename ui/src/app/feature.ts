import type { RouteObject } from "react-router";
import type { appMessages } from "./messages.ts";

/** The side navigation's sections, in their order. */
export const CATEGORIES = ["compute", "billing", "provider", "settings"] as const;
export type Category = (typeof CATEGORIES)[number];

type MessageKey = Parameters<typeof appMessages.say>[0];

/** A line of the side navigation. Its text is one of `app/messages.en.ts`, which is there before the feature is. */
export interface NavigationLink {
  category: Category;
  href: `/app/${string}`;
  text: Extract<MessageKey, `nav.${string}`>;
  needsSignIn: boolean;
}

/**
 * What a feature's folder gives to the console, from its `routes.tsx`.
 *
 * `pages` are drawn inside the shell, below `/app/`; `outside` stand alone, below `/`. Each names its page by `lazy`, so
 * that it is fetched when it is opened.
 */
export interface Feature {
  pages?: RouteObject[];
  outside?: RouteObject[];
  links?: NavigationLink[];
}
