import type { Feature } from "../app/feature.ts";

export const provider: Feature = {
  pages: [{ path: "provider/register", lazy: () => import("./register/register-page.tsx"), needsSignIn: true }],
  links: [{ category: "provider", href: "/app/provider/register", text: "nav.register", needsSignIn: true }],
};
