import type { Feature } from "./feature.ts";
import { billing } from "../billing/routes.tsx";
import { groups } from "../groups/routes.tsx";
import { jobs } from "../jobs/routes.tsx";
import { landing } from "../landing/routes.tsx";
import { launch } from "../launch/routes.tsx";
import { marketplace } from "../marketplace/routes.tsx";
import { provider } from "../provider/routes.tsx";
import { settings } from "../settings/routes.tsx";
import { wallet } from "../wallet/routes.tsx";

/** Every feature of the console, in the order of the side navigation. */
export const FEATURES: readonly Feature[] = [
  landing,
  marketplace,
  launch,
  jobs,
  groups,
  billing,
  provider,
  settings,
  wallet,
];

/** Whether a page below `/app/` is there: no button leads to one that is not. */
export function hasPage(path: string): boolean {
  return FEATURES.some((feature) => feature.pages?.some((page) => page.path === path));
}
