import type { Feature } from "../app/feature.ts";

export const wallet: Feature = {
  pages: [
    { path: "sign-in", lazy: () => import("./sign-in-page.tsx") },
    { path: "enter", lazy: () => import("./enter-page.tsx") },
  ],
};
