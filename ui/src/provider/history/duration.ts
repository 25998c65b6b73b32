import type { MachineJob } from "../queries.ts";

/** How long a job has run on the machine, up to `now` (milliseconds) where it still does; null before it began. */
export function secondsRun(
  { startedAt, endedAt }: Pick<MachineJob, "startedAt" | "endedAt">,
  now: number,
): number | null {
  if (startedAt === null) return null;
  const end = endedAt === null ? now : Date.parse(endedAt);
  // The browser's clock may be behind the platform's.
  return Math.max(0, (end - Date.parse(startedAt)) / 1000);
}
