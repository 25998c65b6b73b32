import { describe, expect, test } from "vitest";
import { linesOf, span, within, type Sample } from "./series.ts";

const sample = (second: number, given: Partial<Sample> = {}): Sample => ({
  attempt: 1,
  rank: 0,
  at: new Date(Date.UTC(2026, 10, 22, 12, 0, second)).toISOString(),
  cpuPercent: second,
  memoryMib: 100,
  gpuPercent: null,
  gpuMemoryMib: null,
  gpuTemperature: null,
  ...given,
});

describe("usage over time", () => {
  test("is a line for each attempt, in order of time", () => {
    const lines = linesOf([sample(2), sample(1), sample(9, { attempt: 2 })], "cpu");
    expect(lines.map((line) => [line.attempt, line.points.map((point) => point.y)])).toEqual([
      [1, [1, 2]],
      [2, [9]],
    ]);
  });

  test("has no line for what was not measured", () => {
    expect(linesOf([sample(1), sample(2)], "gpu")).toEqual([]);
    expect(linesOf([sample(1), sample(2, { gpuPercent: 0 })], "gpu")[0]?.points).toHaveLength(1);
  });

  test("is cut to the newest seconds, by the samples' own clock", () => {
    const samples = [sample(0), sample(30), sample(50)];
    expect(within(samples, 20)).toEqual([samples[1], samples[2]]);
    expect(within(samples, null)).toBe(samples);
  });

  test("spans some seconds at least, and nothing with too few samples for a line", () => {
    expect(span([])).toBeNull();
    expect(span([sample(5)])).toBeNull();
    const two = span([sample(5), sample(6)]);
    expect(two && two[1].getTime() - two[0].getTime()).toBe(10_000);
  });
});
