import { expect, test } from "vitest";
import { anOffer } from "../marketplace/offer.fixture.ts";
import { figuresOf } from "./figures.ts";

test("machines that are online are counted, and the cheapest that is free", () => {
  const offers = [
    anOffer({ gpuCount: 4, freeGpus: 3, price: 900 }),
    anOffer({ gpuCount: 2, freeGpus: 0, available: false, price: 100 }),
    anOffer({ status: "OFFLINE", available: false, price: 5 }),
  ];
  expect(figuresOf(offers)).toEqual({ machines: 2, gpus: 6, free: 3, from: 900 });
});

test("an empty market has no price", () => {
  expect(figuresOf([])).toEqual({ machines: 0, gpus: 0, free: 0, from: null });
});
