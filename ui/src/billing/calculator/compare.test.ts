import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyDraft } from "../../launch/draft.ts";
import { askedOf, compare, isSame, SAME, type Quote } from "./compare.ts";

const QUOTE: Quote = {
  pricePerHour: 100,
  workerId: "worker-1",
  likelyCost: 50,
  likelySeconds: 1800,
  maximumCost: 200,
  hold: 150,
  settleEverySeconds: null,
  balance: 1000,
  balanceLastsSeconds: 36_000,
  obstacles: [],
  waiting: null,
};
const DRAFT = { ...emptyDraft("key"), maxPrice: "100", minutes: "30" };
const amount = fc.option(fc.maxSafeNat(), { nil: null });

test("nothing otherwise asks for one quote", () => {
  expect(isSame(SAME)).toBe(true);
  expect(askedOf(DRAFT, SAME)?.whatIf).toBeUndefined();
});

test("what is otherwise is asked for beside what is not", () => {
  const asked = askedOf(DRAFT, { machine: "worker-2", maxPrice: "250", minutes: " " });
  expect([asked?.maxPrice, asked?.timeLimitSeconds, asked?.resources.providers]).toEqual([100, 1800, []]);
  const whatIf = asked?.whatIf;
  expect([whatIf?.maxPrice, whatIf?.timeLimitSeconds, whatIf?.resources.providers]).toEqual([250, 1800, ["worker-2"]]);
});

test("what cannot be read is not asked for, and is not replaced by something else", () => {
  expect(askedOf({ ...DRAFT, maxPrice: " " }, SAME)?.maxPrice).toBeNull();
  expect(askedOf({ ...DRAFT, maxPrice: "1,5" }, SAME)).toBeNull();
  expect(askedOf({ ...DRAFT, minutes: "" }, SAME)).toBeNull();
  expect(askedOf({ ...DRAFT, needs: { ...DRAFT.needs, memoryGib: "two" } }, SAME)).toBeNull();
  expect(askedOf(DRAFT, { ...SAME, minutes: "0" })).toBeNull();
  expect(askedOf(DRAFT, { ...SAME, maxPrice: "much" })).toBeNull();
});

test("differences lead from one quote to the other, and back", () => {
  fc.assert(
    fc.property(amount, amount, (before, after) => {
      const now = { ...QUOTE, likelyCost: before };
      const then = { ...QUOTE, likelyCost: after };
      const there = compare(now, then).find(({ name }) => name === "likelyCost");
      const back = compare(then, now).find(({ name }) => name === "likelyCost");
      if (before === null || after === null) expect(there?.difference).toBeNull();
      else expect((there?.difference ?? NaN) + (back?.difference ?? NaN)).toBe(0);
    }),
  );
});
