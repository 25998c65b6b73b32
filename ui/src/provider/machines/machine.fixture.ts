import type { Machine } from "../queries.ts";

/** A machine for tests: online and free, with one card. */
export function aMachine(changes: Partial<Machine> = {}): Machine {
  return {
    id: "7d1e4c1a-0000-4000-8000-000000000001",
    workerId: "lisbon-4090",
    name: "Lisbon",
    type: "NATIVE",
    trust: "guest",
    qubicAddress: null,
    gpus: [{ index: 0, uuid: "GPU-1", model: "RTX 4090", vramMib: 24_576, allocatedMilli: 0, simulated: false }],
    gpuModel: "RTX 4090",
    gpuVramMib: 24_576,
    cpuModel: "EPYC",
    cpuCores: 16,
    ramMib: 65_536,
    diskMib: 500_000,
    location: "pt-lis",
    pricePerHour: 1450,
    status: "ONLINE",
    isOnline: true,
    isAvailable: true,
    currentJobId: null,
    isolationLevel: "bwrap",
    simulated: false,
    verified: true,
    reliability: 1,
    benchmark: null,
    labels: {},
    totalEarnings: 0,
    totalJobs: 0,
    uptimeSeconds: 0,
    registeredAt: "2026-11-22T10:00:00Z",
    lastHeartbeat: null,
    ...changes,
  };
}
