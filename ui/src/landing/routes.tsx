import type { Feature } from "../app/feature.ts";

export const landing: Feature = {
  outside: [{ path: "/", lazy: () => import("./landing-page.tsx") }],
};
