import fc from "fast-check";
import { expect, test } from "vitest";
import { isSoftware, reportOf, type Adapter } from "./adapters.ts";

const CARD = "ANGLE (NVIDIA, NVIDIA GeForce RTX 4090/PCIe/SSE2, OpenGL 4.5.0)";
const SWIFT = "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)";

const adapter = fc.record({
  api: fc.constantFrom("webgpu" as const, "webgl" as const),
  vendor: fc.string({ maxLength: 300 }),
  name: fc.string({ maxLength: 300 }),
  architecture: fc.string({ maxLength: 300 }),
  isSoftware: fc.boolean(),
}) satisfies fc.Arbitrary<Adapter>;

test("a card is a card, and what draws on the CPU is not", () => {
  expect(isSoftware(["nvidia", CARD], false)).toBe(false);
  expect(isSoftware(["google", SWIFT], false)).toBe(true);
  expect(isSoftware(["Mesa", "llvmpipe (LLVM 19.1.7, 256 bits)"], false)).toBe(true);
  expect(isSoftware(["Microsoft", "Microsoft Basic Render Driver"], false)).toBe(true);
});

test("an adapter that calls itself a fallback is software, whatever it is called", () => {
  fc.assert(fc.property(fc.array(fc.string()), (texts) => isSoftware([CARD, ...texts], true)));
});

test("every report is one that the platform takes, and tells software as software", () => {
  const findings = fc.record({
    webgpu: fc.option(adapter),
    webgl: fc.option(adapter),
    cores: fc.option(fc.integer({ min: 1, max: 256 })),
    userAgent: fc.string({ maxLength: 2000 }),
  });
  fc.assert(
    fc.property(findings, (found) => {
      const report = reportOf(found);
      const adapters = [found.webgpu, found.webgl].filter((one) => one !== null);
      expect(report.gpus.map((gpu) => gpu.isSoftware)).toEqual(adapters.map((one) => one.isSoftware));
      for (const gpu of report.gpus) expect(gpu.renderer?.length ?? 1).toBeGreaterThan(0);
      for (const gpu of report.gpus) expect(gpu.renderer?.length ?? 0).toBeLessThanOrEqual(200);
      expect(report.userAgent?.length ?? 0).toBeLessThanOrEqual(1000);
    }),
  );
});
