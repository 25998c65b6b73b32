import fc from "fast-check";
import { expect, test } from "vitest";
import { instructionsFor, SYSTEMS, systemOf } from "./system.ts";

test.each([
  ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36", "linux"],
  ["Mozilla/5.0 (X11; CrOS x86_64 16181.61.0) AppleWebKit/537.36 Chrome/134.0.0.0", "linux"],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0", "windows"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15", "mac"],
  ["Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36", "handheld"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", "handheld"],
  ["curl/8.14.1", "other"],
])("%s runs on %s", (userAgent, system) => {
  expect(systemOf(userAgent)).toBe(system);
});

test("there are instructions whatever the browser says", () => {
  fc.assert(fc.property(fc.string(), (userAgent) => SYSTEMS.includes(instructionsFor(systemOf(userAgent)))));
});
