import { expect, test } from "vitest";
import { stateOf } from "./state.ts";

test.each([
  [{ status: "ONLINE", isAvailable: true, currentJobId: null }, "free"],
  [{ status: "ONLINE", isAvailable: true, currentJobId: "job" }, "busy"],
  [{ status: "ONLINE", isAvailable: false, currentJobId: "job" }, "paused"],
  [{ status: "DRAINING", isAvailable: false, currentJobId: "job" }, "draining"],
  [{ status: "OFFLINE", isAvailable: true, currentJobId: null }, "offline"],
] as const)("%o is %s", (machine, state) => {
  expect(stateOf(machine)).toBe(state);
});
