import { afterEach, expect, test, vi } from "vitest";
import { probe } from "./probe.ts";

afterEach(() => {
  Reflect.deleteProperty(navigator, "gpu");
  vi.restoreAllMocks();
});

async function webgpuOf(requestAdapter: () => Promise<unknown>) {
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  Object.defineProperty(navigator, "gpu", { value: { requestAdapter }, configurable: true });
  return (await probe()).webgpu;
}

test("an adapter that says nothing of itself is there without a name", async () => {
  const unnamed = { api: "webgpu", vendor: "", name: "", architecture: "", isSoftware: false };
  expect(await webgpuOf(() => Promise.resolve({}))).toEqual(unnamed);
  expect(await webgpuOf(() => Promise.resolve({ info: { vendor: "nvidia" } }))).toEqual({
    ...unnamed,
    vendor: "nvidia",
  });
});

test("an adapter is software where it or what it says of itself calls it a fallback", async () => {
  expect((await webgpuOf(() => Promise.resolve({ isFallbackAdapter: true })))?.isSoftware).toBe(true);
  expect((await webgpuOf(() => Promise.resolve({ info: { isFallbackAdapter: true } })))?.isSoftware).toBe(true);
});

test("a browser that refuses an adapter has none", async () => {
  expect(await webgpuOf(() => Promise.reject(new Error("no device")))).toBeNull();
});
