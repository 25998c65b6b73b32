import type { Feature } from "../app/feature.ts";

export const launch: Feature = {
  pages: [{ path: "jobs/submit", lazy: () => import("./launch-page.tsx"), needsSignIn: true }],
};
