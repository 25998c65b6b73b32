import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatMib, formatQu, formatSeconds, formatWhole } from "./format.ts";

const digitsOf = (text: string) => text.replace(/\D/g, "");

describe("amounts of QU", () => {
  test("are told with thin spaces and their unit", () => {
    expect(formatQu(1_234_567)).toBe("1\u202f234\u202f567\u202fQU");
    expect(formatQu(-90)).toBe("\u221290\u202fQU");
  });

  test("keep every digit, whatever the amount", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (amount) => {
        expect(digitsOf(formatWhole(amount))).toBe(String(Math.abs(amount)));
      }),
    );
  });

  test("are grouped in threes from the right", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (amount) => {
        expect(formatWhole(amount)).toMatch(/^\d{1,3}(\u202f\d{3})*$/);
      }),
    );
  });

  test("are refused where they are not whole, and where they cannot be told exactly", () => {
    expect(() => formatQu(0.5)).toThrow(RangeError);
    expect(() => formatQu(2 ** 53)).toThrow(RangeError);
  });
});

test("seconds are told in their two greatest units", () => {
  expect([0, 42, 60, 3725, 90_061].map(formatSeconds)).toEqual(["0 s", "42 s", "1 min", "1 h 2 min", "1 d 1 h"]);
});

test("memory is told in GiB from one GiB on", () => {
  expect([512, 24_576, 1536].map(formatMib)).toEqual(["512 MiB", "24 GiB", "1.5 GiB"]);
});
