import { expect, test } from "vitest";
import type { EventType, LiveEvent } from "./frames.ts";
import { staleAfter } from "./invalidation.ts";
import { keys } from "./keys.ts";

const event = (type: EventType, data: LiveEvent["data"] = {}): LiveEvent => ({ kind: "event", id: "1-1", type, data });

test.each<[EventType, LiveEvent["data"]]>([
  ["BALANCE_CHANGED", { change: 95, reason: "a job ended" }],
  ["MARKETPLACE_UPDATE", { workerId: "worker-1", change: "taken" }],
  ["PROVIDER_STATUS_CHANGED", { workerId: "worker-1", status: "OFFLINE" }],
])("earnings that nothing adds to are asked for again after %s", (type, data) => {
  expect(staleAfter(event(type, data))).toContainEqual(keys.earnings);
});

test("whoever is paid, or gets something back, sees what they may withdraw now", () => {
  expect(staleAfter(event("BALANCE_CHANGED"))).toEqual(expect.arrayContaining([keys.me, keys.cash]));
});

test("measurements make nothing stale", () => {
  expect(staleAfter(event("GPU_METRICS_UPDATE", { workerId: "worker-1" }))).toEqual([]);
});
