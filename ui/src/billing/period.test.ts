import { act, renderHook } from "@testing-library/react";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import {
  formatDay,
  formatMonth,
  isUsable,
  monthsUntil,
  periodOf,
  PRESETS,
  useMonths,
  usePeriod,
  type Chosen,
} from "./period.ts";

const NOON = Date.parse("2026-03-01T12:00:00Z");
const times = fc.integer({ min: Date.parse("2021-01-01"), max: Date.parse("2090-12-31") });

afterEach(() => vi.useRealTimers());

test("presets are whole days, UTC", () => {
  expect(periodOf("thisMonth", NOON)).toEqual({ first: "2026-03-01", last: "2026-03-01" });
  expect(periodOf("lastMonth", NOON)).toEqual({ first: "2026-02-01", last: "2026-02-28" });
  expect(periodOf("last90", NOON)).toEqual({ first: "2025-12-02", last: "2026-03-01" });
});

test("every preset is one that the API tells of", () => {
  fc.assert(
    fc.property(times, fc.constantFrom(...PRESETS), (now, preset) => {
      const period = periodOf(preset, now);
      expect(isUsable(period)).toBe(true);
      expect(period.last <= new Date(now).toISOString().slice(0, 10)).toBe(true);
    }),
  );
});

test("days in the wrong order, and more than a leap year, are not usable", () => {
  expect(isUsable({ first: "2026-03-02", last: "2026-03-01" })).toBe(false);
  expect(isUsable({ first: "2024-01-01", last: "2024-12-31" })).toBe(true);
  expect(isUsable({ first: "2024-01-01", last: "2025-01-01" })).toBe(false);
  expect(isUsable({ first: "", last: "2025-01-01" })).toBe(false);
});

test("months go back without a gap", () => {
  expect(monthsUntil(NOON, 4)).toEqual(["2026-03", "2026-02", "2026-01", "2025-12"]);
  fc.assert(
    fc.property(times, (now) => {
      const months = monthsUntil(now, 24);
      expect(new Set(months).size).toBe(24);
      expect([...months].sort().reverse()).toEqual(months);
    }),
  );
});

test("days and months are read alike in every zone", () => {
  expect(formatDay("2026-03-01")).toContain("2026");
  expect(formatDay("2026-03-01")).toContain("1");
  expect(formatMonth("2026-03")).toBe("March 2026");
});

test("a page that stays open past midnight tells of the new day, and days of one's own choice stay", () => {
  vi.useFakeTimers({ now: Date.parse("2026-10-31T23:59:30Z") });
  const moving = renderHook(() => [usePeriod("thisMonth").first, usePeriod("last90").last, useMonths(1)[0]]);
  const own: Chosen = { first: "2026-10-01", last: "2026-10-31" };
  const staying = renderHook(() => usePeriod(own));
  expect(moving.result.current).toEqual(["2026-10-01", "2026-10-31", "2026-10"]);
  act(() => {
    vi.advanceTimersByTime(60_000);
  });
  expect(moving.result.current).toEqual(["2026-11-01", "2026-11-01", "2026-11"]);
  expect(staying.result.current).toEqual(own);
  moving.unmount();
  staying.unmount();
});
