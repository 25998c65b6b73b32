import fc from "fast-check";
import { expect, test } from "vitest";
import { formatWhole } from "./format.ts";
import { wholeNumber } from "./numbers.ts";

test("what is shown can be typed again", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (amount) => wholeNumber(formatWhole(amount), { least: 0 }) === amount));
});

test("what is no whole number, or too small, is none", () => {
  for (const text of ["", " ", "1.5", "-3", "1e3", "9007199254740993"])
    expect(wholeNumber(text, { least: 0 })).toBeNull();
  expect(wholeNumber("0", { least: 1 })).toBeNull();
});
