import { describe, expect, test } from "vitest";
import { anOffer } from "./offer.fixture.ts";
import { availabilityOf, benchmarkShare, hardwareOf, rowOf } from "./offers.ts";

describe("an offer", () => {
  test("is free, busy until some time, paused, leaving or offline", () => {
    const taken = { available: false, freeGpus: 0 };
    expect(
      [
        anOffer(),
        anOffer({ ...taken, busyUntil: "2026-11-22T12:00:00Z" }),
        anOffer({ available: false, busyUntil: null }),
        anOffer({ status: "DRAINING", available: false }),
        anOffer({ status: "OFFLINE", available: false }),
      ].map(availabilityOf),
    ).toEqual(["free", "busy", "paused", "leaving", "offline"]);
  });

  test("is simulated before it is anything else", () => {
    expect(hardwareOf(anOffer({ simulated: true, verified: true }))).toBe("simulated");
    expect(hardwareOf(anOffer({ verified: false }))).toBe("unverified");
  });

  test("that was not measured never counts as cheap for its performance", () => {
    const row = rowOf(anOffer({ fp32Tflops: null, pricePerTflop: null, location: null }));
    expect(row.tflops).toBe(0);
    expect(row.pricePerTflop).toBe(Number.POSITIVE_INFINITY);
    expect(row.location).toBe("");
  });
});

test("benchmarks are drawn beside the market's best", () => {
  expect([benchmarkShare(41.3, 82.6), benchmarkShare(82.6, 82.6), benchmarkShare(0, 0)]).toEqual([0.5, 1, 0]);
});
