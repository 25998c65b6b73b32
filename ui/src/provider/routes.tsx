import type { Feature } from "../app/feature.ts";

export const provider: Feature = {
  pages: [
    { path: "provider/register", lazy: () => import("./register/register-page.tsx"), needsSignIn: true },
    { path: "provider/hardware", lazy: () => import("./machines/hardware-page.tsx"), needsSignIn: true },
    { path: "provider/hardware/:id", lazy: () => import("./machines/machine-page.tsx"), needsSignIn: true },
    { path: "provider/earnings", lazy: () => import("./earnings/earnings-page.tsx"), needsSignIn: true },
  ],
  links: [
    { category: "provider", href: "/app/provider/hardware", text: "nav.hardware", needsSignIn: true },
    { category: "provider", href: "/app/provider/earnings", text: "nav.earnings", needsSignIn: true },
    { category: "provider", href: "/app/provider/register", text: "nav.register", needsSignIn: true },
  ],
};
