import type { Wire } from "../../api/client.ts";
import type { LiveEvent } from "../../api/frames.ts";

export const MEASURES = ["gpu", "gpuMemory", "temperature", "cpu", "memory"] as const;
export type Measure = (typeof MEASURES)[number];

/** How busy a machine was at a moment. Percent of the whole, MiB, °C; null where it was not measured. */
export interface Reading {
  at: number;
  gpu: number | null;
  gpuMemory: number | null;
  temperature: number | null;
  cpu: number | null;
  memory: number | null;
}

/** A stored sample as a reading. */
export function readingOf(metric: Wire["ProviderMetric"]): Reading {
  return {
    at: Date.parse(metric.timestamp),
    gpu: metric.gpuPercent ?? null,
    gpuMemory: metric.gpuMemUsedMb ?? null,
    temperature: metric.gpuTemp ?? null,
    cpu: metric.cpuPercent,
    memory: metric.ramPercent,
  };
}

/** The reading that an event brings for this machine; null for any other event. */
export function readingIn(event: LiveEvent, machine: string): Reading | null {
  const { usage, providerId } = event.data;
  if (event.type !== "GPU_METRICS_UPDATE" || providerId !== machine) return null;
  if (typeof usage !== "object" || usage === null) return null;
  const read = (name: string): number | null => {
    const value = (usage as Readonly<Record<string, unknown>>)[name];
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  };
  const at = Date.parse(String((usage as Readonly<Record<string, unknown>>).timestamp));
  return {
    at: Number.isNaN(at) ? Date.now() : at,
    gpu: read("gpuPercent"),
    gpuMemory: read("gpuMemUsedMb"),
    temperature: read("gpuTemp"),
    cpu: read("cpuPercent"),
    memory: read("ramPercent"),
  };
}

/** Readings in order of time, one for each moment, the newest `most`. */
export function merged(stored: readonly Reading[], pushed: readonly Reading[], most: number): readonly Reading[] {
  const byTime = new Map([...stored, ...pushed].map((reading) => [reading.at, reading]));
  return [...byTime.values()].sort((one, other) => one.at - other.at).slice(-most);
}

/** A needle: how far it stands out, 0 to 1, and whether that is worth a look. */
export interface Gauge {
  measure: Measure;
  value: number;
  share: number;
  isHigh: boolean;
}

/** A card that is this hot, °C, is about to be cooled: at 92 its work is handed over. */
const HOT_C = 85;
const FULL_C = 100;
const HIGH_SHARE = 0.9;
/** A processor that is busy does what it is there for; memory that is full is about to fail somebody. */
const FULL_IS_HIGH: readonly Measure[] = ["gpuMemory", "memory"];

/** What a reading shows, measure by measure; what was not measured has no gauge. `gpuMemoryMib` is one card's memory. */
export function gaugesOf(reading: Reading, gpuMemoryMib: number): Gauge[] {
  return MEASURES.flatMap((measure) => {
    const value = reading[measure];
    if (value === null) return [];
    const full = measure === "temperature" ? FULL_C : measure === "gpuMemory" ? gpuMemoryMib : 100;
    if (full <= 0) return [];
    const share = Math.min(1, Math.max(0, value / full));
    const isHigh = measure === "temperature" ? value >= HOT_C : FULL_IS_HIGH.includes(measure) && share >= HIGH_SHARE;
    return [{ measure, value, share, isHigh }];
  });
}
