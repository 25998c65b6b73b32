import type { Wire } from "../../api/client.ts";

export type Sample = Wire["JobMetricSample"];

export const MEASURES = ["gpu", "gpuMemory", "temperature", "cpu", "memory"] as const;
export type Measure = (typeof MEASURES)[number];

const READ: Record<Measure, (sample: Sample) => number | null | undefined> = {
  gpu: (sample) => sample.gpuPercent,
  gpuMemory: (sample) => sample.gpuMemoryMib,
  temperature: (sample) => sample.gpuTemperature,
  cpu: (sample) => sample.cpuPercent,
  memory: (sample) => sample.memoryMib,
};

export interface Point {
  x: Date;
  y: number;
}

/** The measure of one attempt's worker, in order of time. */
export interface Line {
  attempt: number;
  rank: number;
  points: readonly Point[];
}

/** The measure over time, a line for each worker of each attempt. A worker that never measured it has none. */
export function linesOf(samples: readonly Sample[], measure: Measure): Line[] {
  const lines = new Map<string, { attempt: number; rank: number; points: Point[] }>();
  for (const sample of samples) {
    const y = READ[measure](sample);
    if (y === null || y === undefined) continue;
    const key = `${sample.attempt}/${sample.rank}`;
    const line = lines.get(key) ?? { attempt: sample.attempt, rank: sample.rank, points: [] };
    line.points.push({ x: new Date(sample.at), y });
    lines.set(key, line);
  }
  const inTime = (one: Point, other: Point) => one.x.getTime() - other.x.getTime();
  return [...lines.values()].map((line) => ({ ...line, points: line.points.sort(inTime) }));
}

/** The samples of what is shown: from `windowSeconds` before the newest one on, or all of them. */
export function within(samples: readonly Sample[], windowSeconds: number | null): readonly Sample[] {
  if (windowSeconds === null || samples.length === 0) return samples;
  const newest = Math.max(...samples.map((sample) => Date.parse(sample.at)));
  return samples.filter((sample) => Date.parse(sample.at) >= newest - windowSeconds * 1000);
}

/** The least time that is drawn: a tick of the axis is a second or more then, as its labels tell. */
const LEAST_SPAN_MS = 10_000;

/** The time that samples span, or a little more; null where there are too few for a line. */
export function span(samples: readonly Sample[]): [Date, Date] | null {
  const times = samples.map((sample) => Date.parse(sample.at));
  if (times.length < 2) return null;
  const [first, last] = [Math.min(...times), Math.max(...times)];
  return [new Date(first), new Date(Math.max(last, first + LEAST_SPAN_MS))];
}
