import { expect, test } from "vitest";
import { LIFETIMES, SCOPES, stateOf } from "./credentials.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");

test("a key works until it expires or is revoked, whichever comes first", () => {
  expect(stateOf({ expiresAt: null, revokedAt: null }, NOW)).toBe("active");
  expect(stateOf({ expiresAt: "2026-11-22T12:00:01Z", revokedAt: null }, NOW)).toBe("active");
  expect(stateOf({ expiresAt: "2026-11-22T12:00:00Z", revokedAt: null }, NOW)).toBe("expired");
  expect(stateOf({ expiresAt: "2026-11-20T12:00:00Z", revokedAt: "2026-11-19T12:00:00Z" }, NOW)).toBe("revoked");
});

test("lifetimes are whole days, within what the platform allows", () => {
  for (const seconds of Object.values(LIFETIMES)) {
    if (seconds !== null) expect(seconds % 86_400).toBe(0);
  }
  expect(SCOPES).toHaveLength(4);
});
