import fc from "fast-check";
import { expect, test } from "vitest";
import { secondsRun } from "./duration.ts";

const BEGAN = "2026-11-22T10:00:00Z";

test("a job that ended ran as long as it ran, whatever the time is", () => {
  fc.assert(
    fc.property(fc.integer(), (now) => secondsRun({ startedAt: BEGAN, endedAt: "2026-11-22T10:01:30Z" }, now) === 90),
  );
});

test("one that runs counts on, and never below zero", () => {
  expect(secondsRun({ startedAt: BEGAN, endedAt: null }, Date.parse(BEGAN) + 5000)).toBe(5);
  expect(secondsRun({ startedAt: BEGAN, endedAt: null }, Date.parse(BEGAN) - 5000)).toBe(0);
});

test("one that has not begun ran for no time that could be told", () => {
  expect(secondsRun({ startedAt: null, endedAt: null }, 0)).toBeNull();
});
