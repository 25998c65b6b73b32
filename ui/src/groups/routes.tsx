import type { Feature } from "../app/feature.ts";

export const groups: Feature = {
  pages: [
    { path: "groups", lazy: async () => ({ Component: (await import("./pages.ts")).GroupsPage }), needsSignIn: true },
    {
      path: "groups/:id",
      lazy: async () => ({ Component: (await import("./pages.ts")).GroupPage }),
      needsSignIn: true,
    },
  ],
  links: [{ category: "compute", href: "/app/groups", text: "nav.groups", needsSignIn: true }],
};
