import fc from "fast-check";
import { expect, test } from "vitest";
import { lastDays, sumOf } from "./series.ts";

const NOW = Date.parse("2026-11-22T15:30:00Z");

test("days without earnings are there, and days before the span are not", () => {
  const history = [
    { date: "2026-11-15", amount: 9, jobCount: 1 },
    { date: "2026-11-16", amount: 5, jobCount: 2 },
    { date: "2026-11-22", amount: 7, jobCount: 1 },
  ];
  const days = lastDays(history, 7, NOW);
  expect(days.map(({ amount }) => amount)).toEqual([5, 0, 0, 0, 0, 0, 7]);
  expect(days.map(({ jobs }) => jobs)).toEqual([2, 0, 0, 0, 0, 0, 1]);
  expect(sumOf(days)).toBe(12);
});

test("there are as many days as asked for, one after the other, up to the present one", () => {
  const entry = fc.record({
    date: fc
      .date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })
      .map((at) => at.toISOString().slice(0, 10)),
    amount: fc.nat(),
    jobCount: fc.nat(),
  });
  const time = fc.integer({ min: 0, max: Date.parse("2100-01-01") });
  fc.assert(
    fc.property(fc.array(entry), fc.integer({ min: 1, max: 90 }), time, (history, span, now) => {
      const days = lastDays(history, span, now);
      expect(days).toHaveLength(span);
      expect(days.at(-1)?.day.toISOString().slice(0, 10)).toBe(new Date(now).toISOString().slice(0, 10));
      days.slice(1).forEach(({ day }, index) => {
        expect(day.getTime() - (days[index]?.day.getTime() ?? 0)).toBe(86_400_000);
      });
      expect(sumOf(days)).toBeLessThanOrEqual(history.reduce((sum, { amount }) => sum + amount, 0));
    }),
  );
});
