import { applyDensity, applyMode, Density, disableMotion, Mode } from "@cloudscape-design/global-styles";
import { preference } from "../shared/preference.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const DENSITIES = ["comfortable", "compact"] as const;

export const themeChoice = preference<Theme>("theme", THEMES, "system");
export const densityChoice = preference("density", DENSITIES, "comfortable");

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const wantsLessMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** Whether the console is dark, as chosen here or in the reader's system. */
export function isDark(choice: Theme, systemDark: boolean): boolean {
  return choice === "dark" || (choice === "system" && systemDark);
}

function apply(): void {
  applyMode(isDark(themeChoice.get(), systemIsDark.matches) ? Mode.Dark : Mode.Light);
  applyDensity(densityChoice.get() === "compact" ? Density.Compact : Density.Comfortable);
  disableMotion(wantsLessMotion.matches);
}

/** Draw the console as chosen, now and whenever the choice or the system changes. */
export function keepAppearance(): void {
  apply();
  themeChoice.subscribe(apply);
  densityChoice.subscribe(apply);
  systemIsDark.addEventListener("change", apply);
  wantsLessMotion.addEventListener("change", apply);
}
