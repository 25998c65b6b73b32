import { expect, test } from "vitest";
import type { Wire } from "../../api/client.ts";
import { outcomeOf } from "./outcome.ts";

const card = (model: string | null): Wire["GpuInfo"] => ({
  type: "webgl",
  index: 0,
  isSoftware: false,
  simulated: false,
  model,
});

test("a card with a name is told by it, once", () => {
  const gpus = [card("RTX 4090"), card("RTX 4090"), card("RTX 3060")];
  expect(outcomeOf("linux", { gpus })).toEqual({ kind: "gpu", models: "RTX 4090, RTX 3060" });
});

test("a card whose model is hidden is no card without one", () => {
  expect(outcomeOf("windows", { gpus: [card(null)] })).toEqual({ kind: "hidden" });
});

test("no card is none, and a phone shares nothing", () => {
  expect(outcomeOf("linux", { gpus: [] })).toEqual({ kind: "none" });
  expect(outcomeOf("handheld", { gpus: [card("Adreno 750")] })).toEqual({ kind: "handheld" });
});
