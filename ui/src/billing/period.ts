import { language } from "../i18n/language.ts";
import { useNow } from "../shared/now.ts";

/** Whole days, UTC, both included, as the API writes them: 2026-11-22. */
export interface Period {
  first: string;
  last: string;
}

export const PRESETS = ["thisMonth", "lastMonth", "last90", "lastYear"] as const;
export type Preset = (typeof PRESETS)[number];

/** What somebody chose: a preset, whose days move on with the clock, or days that stay. */
export type Chosen = Preset | Period;

/** As many days as the API tells of at once. */
export const LONGEST_DAYS = 366;
const DAY_MS = 86_400_000;
const A_MINUTE_MS = 60_000;

/** The days of what was chosen, as of now: past midnight, UTC, a preset has others. */
export function usePeriod(chosen: Chosen): Period {
  const now = useNow(true, A_MINUTE_MS);
  return typeof chosen === "string" ? periodOf(chosen, now) : chosen;
}

/** The last months as of now, as `monthsUntil` gives them. */
export function useMonths(count: number): string[] {
  return monthsUntil(useNow(true, A_MINUTE_MS), count);
}

/** The days of a preset, as of a time in milliseconds. */
export function periodOf(preset: Preset, now: number): Period {
  const today = dayOf(now);
  const month = today.slice(0, 7);
  switch (preset) {
    case "thisMonth":
      return { first: `${month}-01`, last: today };
    case "lastMonth": {
      const last = dayOf(Date.parse(`${month}-01`) - DAY_MS);
      return { first: `${last.slice(0, 7)}-01`, last };
    }
    case "last90":
      return { first: dayOf(now - 89 * DAY_MS), last: today };
    case "lastYear":
      return { first: dayOf(now - 364 * DAY_MS), last: today };
  }
}

/** Whether the API tells of these days. */
export function isUsable({ first, last }: Period): boolean {
  const days = (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;
  return days >= 1 && days <= LONGEST_DAYS;
}

/** The last months, the newest first, as the API writes them: 2026-11. */
export function monthsUntil(now: number, count: number): string[] {
  const date = new Date(now);
  return Array.from({ length: count }, (_, back) =>
    new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - back, 1)).toISOString().slice(0, 7),
  );
}

/** A day as people read it. */
export function formatDay(day: string): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeZone: "UTC" }).format(new Date(day));
}

/** A month as people read it. */
export function formatMonth(month: string): string {
  const shown = new Intl.DateTimeFormat(language(), { year: "numeric", month: "long", timeZone: "UTC" });
  return shown.format(new Date(`${month}-01`));
}

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);
