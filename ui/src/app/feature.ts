import type { ComponentType } from "react";
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
 * A page and its address, which may have parameters: `jobs/:id/monitor`.
 *
 * Its module is fetched when it is opened, and exports the page as `Component`. Who opens a page that `needsSignIn` and
 * is not signed in does that first, and is brought back.
 */
export interface PageRoute {
  path: string;
  lazy: () => Promise<{ Component: ComponentType }>;
  needsSignIn?: boolean;
}

/**
 * What a feature's folder gives to the console, from its `routes.tsx`.
 *
 * `pages` are drawn inside the shell, below `/app/`; `outside` stand alone, below `/`.
 */
export interface Feature {
  pages?: readonly PageRoute[];
  outside?: readonly PageRoute[];
  links?: readonly NavigationLink[];
}
