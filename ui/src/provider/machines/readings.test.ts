import fc from "fast-check";
import { expect, test } from "vitest";
import type { LiveEvent } from "../../api/frames.ts";
import { gaugesOf, merged, readingIn, readingOf, type Reading } from "./readings.ts";

const value = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }));
const reading: fc.Arbitrary<Reading> = fc.record({
  at: fc.integer({ min: 0, max: 50 }),
  gpu: value,
  gpuMemory: value,
  temperature: value,
  cpu: value,
  memory: value,
});

const event = (data: LiveEvent["data"], type: LiveEvent["type"] = "GPU_METRICS_UPDATE"): LiveEvent => ({
  kind: "event",
  id: "1",
  type,
  data,
});

test("a gauge is there for what was measured, stays within its dial, and says its value", () => {
  fc.assert(
    fc.property(reading, fc.integer({ min: 0, max: 100_000 }), (given, memory) => {
      for (const gauge of gaugesOf(given, memory)) {
        expect(gauge.share).toBeGreaterThanOrEqual(0);
        expect(gauge.share).toBeLessThanOrEqual(1);
        expect(gauge.value).toBe(given[gauge.measure]);
      }
      const measured = gaugesOf(given, 1).map(({ measure }) => measure);
      expect(measured).toEqual(
        (["gpu", "gpuMemory", "temperature", "cpu", "memory"] as const).filter((one) => given[one] !== null),
      );
    }),
  );
});

test("a hot card and full memory are worth a look, a busy processor is not", () => {
  const busy = { at: 0, gpu: 100, gpuMemory: 6144, temperature: 86, cpu: 20, memory: 95 };
  expect(gaugesOf(busy, 24_576).map(({ measure, isHigh }) => [measure, isHigh])).toEqual([
    ["gpu", false],
    ["gpuMemory", false],
    ["temperature", true],
    ["cpu", false],
    ["memory", true],
  ]);
  expect(gaugesOf(busy, 24_576)[1]?.share).toBe(0.25);
});

test("readings are in order of time, each moment once, and no more than wanted", () => {
  fc.assert(
    fc.property(fc.array(reading), fc.array(reading), fc.integer({ min: 1, max: 20 }), (stored, pushed, most) => {
      const all = merged(stored, pushed, most);
      const times = all.map(({ at }) => at);
      expect(times).toEqual([...new Set(times)].sort((one, other) => one - other));
      expect(all.length).toBeLessThanOrEqual(most);
      const newest = Math.max(...[...stored, ...pushed].map(({ at }) => at));
      if (all.length > 0) expect(times.at(-1)).toBe(newest);
    }),
  );
});

test("an event is read for its own machine, and what it leaves out was not measured", () => {
  const usage = { timestamp: "2026-11-22T10:00:00Z", cpuPercent: 12.5, ramPercent: 30, gpuTemp: null };
  const told = event({ providerId: "one", workerId: "w", usage });
  expect(readingIn(told, "other")).toBeNull();
  expect(readingIn(event(told.data, "MARKETPLACE_UPDATE"), "one")).toBeNull();
  expect(readingIn(told, "one")).toEqual({
    ...readingOf({ timestamp: "2026-11-22T10:00:00Z", cpuPercent: 12.5, ramPercent: 30 }),
  });
});

test("no event breaks the page", () => {
  fc.assert(
    fc.property(fc.object(), (data) => {
      expect(() => readingIn(event({ providerId: "one", usage: data }), "one")).not.toThrow();
    }),
  );
});
