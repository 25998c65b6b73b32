import fc from "fast-check";
import { expect, test } from "vitest";
import { speedOf, valueOf } from "./compared.ts";
import { anOffer } from "./offer.fixture.ts";
import { rowOf } from "./offers.ts";

const row = fc
  .record({
    fp32Tflops: fc.option(fc.double({ min: 0.01, max: 1000, noNaN: true })),
    pricePerTflop: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
  })
  .map((changes) => rowOf(anOffer(changes)));

test("an offer is never better than the best, and the best fills its bar", () => {
  fc.assert(
    fc.property(row, fc.array(row), (offer, others) => {
      for (const comparison of [speedOf(offer, others), valueOf(offer, others)]) {
        if (comparison === null) continue;
        expect(comparison.share).toBeGreaterThanOrEqual(0);
        expect(comparison.share).toBeLessThanOrEqual(1);
        if (comparison.value === comparison.best) expect(comparison.share).toBe(1);
      }
    }),
  );
});

test("what was not measured is not compared", () => {
  const unmeasured = rowOf(anOffer({ fp32Tflops: null, pricePerTflop: null }));
  expect(speedOf(unmeasured, [])).toBeNull();
  expect(valueOf(unmeasured, [])).toBeNull();
});

test("twice as fast fills half of the other's bar, twice the price half of the cheaper one's", () => {
  const [slow, fast] = [anOffer({ fp32Tflops: 40, pricePerTflop: 10 }), anOffer({ fp32Tflops: 80, pricePerTflop: 20 })];
  expect(speedOf(rowOf(slow), [rowOf(fast)])).toEqual({ value: 40, best: 80, share: 0.5 });
  expect(valueOf(rowOf(fast), [rowOf(slow)])).toEqual({ value: 20, best: 10, share: 0.5 });
});
