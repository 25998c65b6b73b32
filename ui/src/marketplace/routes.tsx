import type { Feature } from "../app/feature.ts";

export const marketplace: Feature = {
  pages: [
    { path: "marketplace", lazy: () => import("./marketplace-page.tsx") },
    { path: "rent/:gpuId", lazy: () => import("./offer-page.tsx") },
  ],
  links: [{ category: "compute", href: "/app/marketplace", text: "nav.marketplace", needsSignIn: false }],
};
