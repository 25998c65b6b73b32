import type { Wire } from "../api/client.ts";

const MS_PER_HOUR = 3_600_000n;

/**
 * What a job has cost until now, whole QU: what the platform told when it was asked, and since then the price of the
 * attempts that run, rounded down as the platform does, and never more than is held.
 *
 * `toldAt` and `now` are this browser's clock in milliseconds, so that it need not agree with the platform's.
 */
export function costNow(monitor: Wire["JobMonitor"], { toldAt, now }: { toldAt: number; now: number }): number {
  const perHour = pricePerHour(monitor);
  if (perHour === 0) return monitor.costSoFar;
  const passed = BigInt(Math.max(0, Math.floor(now - toldAt)));
  const since = Number((BigInt(perHour) * passed) / MS_PER_HOUR);
  return Math.min(monitor.job.holdAmount, monitor.costSoFar + since);
}

/** What all attempts that run now cost together, QU per hour. */
export function pricePerHour(monitor: Wire["JobMonitor"]): number {
  return monitor.attempts
    .filter((attempt) => attempt.status === "RUNNING" && attempt.startedAt !== null)
    .reduce((sum, attempt) => sum + attempt.pricePerHour, 0);
}
