import type { Wire } from "../api/client.ts";

/** An offer for tests: online, free, of one GPU, unless told otherwise. */
export function anOffer(changes: Partial<Wire["Offer"]> = {}): Wire["Offer"] {
  return {
    id: "7d1e4c1a-0000-4000-8000-000000000001",
    model: "RTX 4090",
    vram: 24,
    price: 1450,
    available: true,
    provider: "helsinki-4090",
    gpuCount: 1,
    freeGpus: 1,
    cpuCores: 32,
    ramMib: 131_072,
    location: "fi-hel",
    reliability: 0.98,
    isolationLevel: "bwrap+cgroup",
    trust: "member",
    type: "RAY",
    simulated: false,
    verified: true,
    fp32Tflops: 82.6,
    pricePerTflop: 17.55,
    status: "ONLINE",
    labels: {},
    ...changes,
  };
}
