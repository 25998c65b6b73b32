import { keys } from "./keys.ts";
import type { LiveEvent } from "./frames.ts";

type Key = readonly string[];

/**
 * What an event makes stale. REST stays the truth: an event only says that it is worth asking again.
 *
 * A machine's metrics make nothing stale: they are in the event itself, for who shows them.
 */
export function staleAfter(event: LiveEvent): readonly Key[] {
  switch (event.type) {
    case "PROVIDER_REGISTERED":
    case "PROVIDER_STATUS_CHANGED":
    case "MARKETPLACE_UPDATE":
      return [keys.offers, ["providers"], keys.earnings];
    case "GPU_METRICS_UPDATE":
      return [];
    case "JOB_PROGRESS":
      return staleJob(event.data);
    case "JOB_COMPLETED":
      return [keys.jobs, keys.me, keys.cash, keys.earnings];
    case "DEPOSIT_PROGRESS":
    case "ESCROW_PROGRESS":
    case "WITHDRAWAL_UPDATE":
      return [keys.cash, keys.me];
    case "GROUP_UPDATE":
      return [keys.groups, keys.jobList];
    case "BALANCE_CHANGED":
      return [keys.me, keys.cash, keys.earnings];
  }
}

/** Output is read by whoever shows it, see `jobs/logs/use-log.ts`: of itself it makes nothing stale. */
function staleJob({ jobId, logsAfter }: LiveEvent["data"]): readonly Key[] {
  if (typeof jobId !== "string") return [keys.jobs];
  return logsAfter === undefined ? [keys.job(jobId), keys.jobList] : [];
}
