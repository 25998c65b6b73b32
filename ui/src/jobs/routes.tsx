import type { Feature } from "../app/feature.ts";

export const jobs: Feature = {
  pages: [
    { path: "jobs", lazy: () => import("./jobs-page.tsx"), needsSignIn: true },
    { path: "jobs/:id/monitor", lazy: () => import("./monitor-page.tsx"), needsSignIn: true },
  ],
  links: [{ category: "compute", href: "/app/jobs", text: "nav.jobs", needsSignIn: true }],
};
