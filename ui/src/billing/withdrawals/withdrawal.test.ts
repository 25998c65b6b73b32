import fc from "fast-check";
import { expect, test } from "vitest";
import { confirmationOf, isOver, lifeOf, LOOKS, readWithdrawal, type WithdrawalStatus } from "./withdrawal.ts";

const ADDRESS = "ABCDEFGHIJ".repeat(6);
const at = "2026-11-22T12:00:00Z";
const step = (status: WithdrawalStatus) => ({ status, at, tick: null, reason: null });

test("a withdrawal is read as it was typed, spaces and small letters allowed", () => {
  expect(readWithdrawal({ amount: "1 000", address: ` ${ADDRESS.toLowerCase()} ` }, 1000).wanted).toEqual({
    amount: 1000,
    address: ADDRESS,
  });
});

test("what stands in the way is told by field", () => {
  expect(readWithdrawal({ amount: "", address: "ABC" }, 1000)).toEqual({
    wanted: null,
    amount: "amountNeeded",
    address: "addressNeeded",
  });
  expect(readWithdrawal({ amount: "1001", address: ADDRESS }, 1000)).toEqual({
    wanted: null,
    amount: "amountTooHigh",
    address: null,
  });
});

test("nothing is ever asked for that is not covered, not whole, or goes nowhere", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.maxSafeNat(), (amount, address, available) => {
      const { wanted, ...flaws } = readWithdrawal({ amount, address }, available);
      expect(wanted === null).toBe(flaws.amount !== null || flaws.address !== null);
      if (wanted !== null) {
        expect(wanted.amount).toBeLessThanOrEqual(available);
        expect(wanted.address).toMatch(/^[A-Z]{60}$/);
      }
    }),
  );
});

test("its last letters confirm an address", () => {
  expect(confirmationOf(ADDRESS)).toBe("EFGHIJ");
});

test("what is to come stands after what happened", () => {
  expect(lifeOf({ status: "QUEUED", steps: [step("QUEUED")] }).map(({ status, look }) => [status, look])).toEqual([
    ["QUEUED", "pending"],
    ["SENT", "not-started"],
    ["CONFIRMED", "not-started"],
  ]);
  const sent = lifeOf({ status: "SENT", steps: [step("QUEUED"), step("SENT")] });
  expect(sent.map(({ status, look }) => [status, look])).toEqual([
    ["QUEUED", "success"],
    ["SENT", "in-progress"],
    ["CONFIRMED", "not-started"],
  ]);
});

test("after the end nothing is to come, and at most one step goes on", () => {
  const statuses = fc.constantFrom(...(Object.keys(LOOKS) as WithdrawalStatus[]));
  fc.assert(
    fc.property(fc.array(statuses, { minLength: 1 }), (lived) => {
      const status = lived.at(-1) ?? "QUEUED";
      const life = lifeOf({ status, steps: lived.map(step) });
      expect(life.some(({ at: when }) => when === null)).toBe(!isOver(status));
      expect(life.filter(({ look }) => look === "in-progress" || look === "pending").length).toBeLessThanOrEqual(1);
    }),
  );
});
