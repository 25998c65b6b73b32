import type { Wire } from "../../api/client.ts";

export const SPANS = [7, 30, 90] as const;
export type Span = (typeof SPANS)[number];

/** A UTC day, its beginning as the time; amounts in QU. */
export interface Day {
  day: Date;
  amount: number;
  jobs: number;
}

const DAY_MS = 86_400_000;

/** The last `span` days up to that of `now` (milliseconds), oldest first; a day without earnings is there with none. */
export function lastDays(history: readonly Wire["EarningEntry"][], span: number, now: number): Day[] {
  const byDay = new Map(history.map((entry) => [entry.date, entry]));
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  return Array.from({ length: span }, (_, index) => {
    const day = new Date(today - (span - 1 - index) * DAY_MS);
    const entry = byDay.get(day.toISOString().slice(0, 10));
    return { day, amount: entry?.amount ?? 0, jobs: entry?.jobCount ?? 0 };
  });
}

/** What the days earned together, QU. */
export function sumOf(days: readonly Day[]): number {
  return days.reduce((sum, { amount }) => sum + amount, 0);
}
