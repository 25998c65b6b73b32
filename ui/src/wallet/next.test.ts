// @vitest-environment node
import fc from "fast-check";
import { expect, test } from "vitest";
import { nextPage } from "./next.ts";

test("after signing in the page that was asked for is opened", () => {
  expect(nextPage("/app/jobs/7/monitor?tab=logs")).toBe("/app/jobs/7/monitor?tab=logs");
});

test("a page of somebody else's is never opened, whatever the address says", () => {
  expect([null, "", "https://evil.example", "//evil.example", "/app/../evil", "/\\evil.example"].map(nextPage)).toEqual(
    Array(6).fill("/app"),
  );
  const beginning = fc.constantFrom("", "https://", "//", "/\\", "javascript:", "/app", "/app/", "/app/..");
  fc.assert(
    fc.property(beginning, fc.string(), (first, rest) => {
      expect(new URL(nextPage(first + rest), "https://console.example").origin).toBe("https://console.example");
    }),
  );
});
