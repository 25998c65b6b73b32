import fc from "fast-check";
import { expect, test } from "vitest";
import type { Wire } from "../../api/client.ts";
import { isFlawed, limitedKeys, readFigures, shareOf, typedOf, usedOf, type Limit } from "./limits.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const amount = fc.option(fc.nat({ max: 200_000_000_000_000 }), { nil: null });

const key = (id: string, changes: Partial<Wire["ApiKey"]> = {}): Wire["ApiKey"] => ({
  id,
  name: id,
  prefix: "qbx",
  scopes: ["jobs"],
  createdAt: "2026-11-01T00:00:00Z",
  expiresAt: null,
  lastUsedAt: null,
  revokedAt: null,
  ...changes,
});
const limit = (keyId: string | null): Limit => ({
  keyId,
  keyName: keyId,
  perJob: 1,
  perDay: null,
  total: null,
  spentToday: 2,
  spent: 10,
  held: 3,
  updatedAt: "2026-11-01T00:00:00Z",
});

test("limits are read as they were written", () => {
  fc.assert(
    fc.property(amount, amount, amount, (perJob, perDay, total) => {
      const figures = { perJob, perDay, total };
      expect(readFigures(typedOf(figures))).toEqual(figures);
    }),
  );
});

test("what is no whole number is told, nothing is no limit", () => {
  expect(readFigures({ perJob: "1.5", perDay: "", total: "" })).toBeNull();
  expect([isFlawed("1.5"), isFlawed("-1"), isFlawed(""), isFlawed("0"), isFlawed("1 000")]).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("what is held for jobs that go on counts against a day and against all", () => {
  expect([usedOf(limit(null), "perJob"), usedOf(limit(null), "perDay"), usedOf(limit(null), "total")]).toEqual([
    null,
    5,
    13,
  ]);
});

test("a share is a whole per cent, and full only where the limit is reached", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (used, allowed) => {
      const share = shareOf(used, allowed);
      expect(Number.isInteger(share) && share >= 0 && share <= 100).toBe(true);
      expect(share === 100).toBe(used >= allowed);
    }),
  );
});

test("keys that are over are listed only where they are limited", () => {
  const keys = [
    key("used"),
    key("revoked", { revokedAt: "2026-11-02T00:00:00Z" }),
    key("expired", { expiresAt: "2026-11-02T00:00:00Z" }),
    key("expired-limited", { expiresAt: "2026-11-02T00:00:00Z" }),
  ];
  const found = limitedKeys([limit(null), limit("expired-limited")], keys, NOW);
  expect(found.map(({ keyId, limit: its }) => [keyId, its?.perJob ?? null])).toEqual([
    ["used", null],
    ["expired-limited", 1],
  ]);
});
