import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { costNow } from "./cost.ts";
import { attemptOf, monitorOf } from "./test-jobs.ts";

const running = (pricePerHour: number, held = 10_000_000) => ({
  ...monitorOf({ attempts: [attemptOf({ status: "RUNNING", startedAt: "2026-11-22T12:00:00Z", pricePerHour })] }),
  costSoFar: 40,
  job: { ...monitorOf({}).job, holdAmount: held },
});

describe("the cost of a running job", () => {
  test("goes on by the second from what the platform told", () => {
    const monitor = running(3600);
    expect([0, 999, 1000, 2500].map((ms) => costNow(monitor, { toldAt: 5, now: 5 + ms }))).toEqual([40, 40, 41, 42]);
  });

  test("stays where nothing runs", () => {
    const monitor = { ...monitorOf({ attempts: [attemptOf({ status: "ASSIGNED" })] }), costSoFar: 7 };
    expect(costNow(monitor, { toldAt: 0, now: 60_000 })).toBe(7);
  });

  test("is whole, never falls, and never exceeds what is held", () => {
    const moments = fc.array(fc.nat({ max: 10 ** 9 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 12 }), fc.integer({ min: 40, max: 10 ** 12 }), moments, (price, held, times) => {
        const monitor = running(price, held);
        const costs = times.toSorted((a, b) => a - b).map((now) => costNow(monitor, { toldAt: 0, now }));
        expect(costs).toEqual(costs.toSorted((a, b) => a - b));
        for (const cost of costs) expect(Number.isSafeInteger(cost) && cost >= 40 && cost <= held).toBe(true);
      }),
    );
  });
});
