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
  fc.assert(
    fc.property(fc.webUrl(), fc.string(), (address, text) => {
      for (const wanted of [address, text]) {
        expect(new URL(nextPage(wanted), "https://console.example").origin).toBe("https://console.example");
      }
    }),
  );
});
