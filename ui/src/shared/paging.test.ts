import fc from "fast-check";
import { expect, test } from "vitest";
import { onPage, pagesOf, ROWS_ON_A_PAGE } from "./paging.ts";

test("the pages of a list show each of its items once, and none is empty", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), (total) => {
      const parts = Array.from({ length: pagesOf(total) }, (_, index) => onPage(index + 1));
      expect(parts.map(({ offset }) => offset)).toEqual(parts.map((_, index) => index * ROWS_ON_A_PAGE));
      const last = parts.at(-1) ?? { offset: NaN, limit: NaN };
      expect(last.offset).toBeLessThan(total);
      expect(last.offset + last.limit).toBeGreaterThanOrEqual(total);
    }),
  );
});

test("an empty list has one page", () => {
  expect(pagesOf(0)).toBe(1);
});
