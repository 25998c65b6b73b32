import fc from "fast-check";
import { expect, test } from "vitest";
import { shortIdentity, signedQu } from "./amounts.ts";

test("what came in has a plus, what went out a minus, nothing neither", () => {
  expect(signedQu(1234)).toBe("+1\u202f234\u202fQU");
  expect(signedQu(-1234)).toBe("\u22121\u202f234\u202fQU");
  expect(signedQu(0)).toBe("0\u202fQU");
});

test("an identity is known by its beginning and its end", () => {
  expect(shortIdentity("A".repeat(54) + "BCDEFG")).toBe("AAAAAA…BCDEFG");
  fc.assert(fc.property(fc.string({ maxLength: 13 }), (text) => shortIdentity(text) === text));
});
