import type { Feature } from "../app/feature.ts";

export const settings: Feature = {
  pages: [
    { path: "settings/appearance", lazy: () => import("./appearance-page.tsx") },
    { path: "settings/keys", lazy: () => import("./keys-page.tsx"), needsSignIn: true },
    { path: "settings/sessions", lazy: () => import("./sessions-page.tsx"), needsSignIn: true },
  ],
  links: [
    { category: "settings", href: "/app/settings/appearance", text: "nav.appearance", needsSignIn: false },
    { category: "settings", href: "/app/settings/keys", text: "nav.keys", needsSignIn: true },
    { category: "settings", href: "/app/settings/sessions", text: "nav.sessions", needsSignIn: true },
  ],
};
