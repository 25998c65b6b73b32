import type { Wire } from "../api/client.ts";

type Monitor = Wire["JobMonitor"];
type Attempt = Monitor["attempts"][number];

/** What happened to a job. `attempt` where it is about one; `detail` is the platform's own sentence. */
export interface Happening {
  kind:
    | "created"
    | "waits"
    | "assigned"
    | "standsBy"
    | "ready"
    | "started"
    | "resumed"
    | "checkpoint"
    | "attemptEnded"
    | "completed"
    | "failed"
    | "cancelled";
  at: string;
  attempt?: number;
  worker?: string;
  cause?: Wire["Cause"];
  detail?: string;
}

/** All that is known to have happened to a job, the newest first. */
export function timelineOf(monitor: Monitor): Happening[] {
  const { job, attempts, checkpoints } = monitor;
  const happenings: Happening[] = [{ kind: "created", at: job.createdAt }];
  if (job.unassignableSince !== null) {
    happenings.push({ kind: "waits", at: job.unassignableSince, ...detailOf(monitor.why?.summary) });
  }
  for (const attempt of attempts) happenings.push(...attemptHappenings(attempt));
  for (const checkpoint of checkpoints) {
    happenings.push({ kind: "checkpoint", at: checkpoint.takenAt, attempt: checkpoint.attempt });
  }
  if (job.completedAt !== null) {
    happenings.push({ kind: endOf(job.status), at: job.completedAt, ...causeOf(job.cause), ...detailOf(job.error) });
  }
  return inOrder(happenings);
}

function attemptHappenings(attempt: Attempt): Happening[] {
  const about = { attempt: attempt.number, worker: attempt.workerId };
  const found: Happening[] = [{ ...about, kind: attempt.isStandby ? "standsBy" : "assigned", at: attempt.createdAt }];
  if (attempt.readyAt) found.push({ ...about, kind: "ready", at: attempt.readyAt });
  if (attempt.startedAt !== null) {
    found.push({ ...about, kind: attempt.resumedFrom ? "resumed" : "started", at: attempt.startedAt });
  }
  if (attempt.endedAt !== null) {
    found.push({
      ...about,
      kind: "attemptEnded",
      at: attempt.endedAt,
      ...causeOf(attempt.cause),
      ...detailOf(attempt.error),
    });
  }
  return found;
}

const ENDS = { COMPLETED: "completed", FAILED: "failed", CANCELLED: "cancelled" } as const;

function endOf(status: Wire["JobStatus"]): Happening["kind"] {
  return status === "COMPLETED" || status === "FAILED" || status === "CANCELLED" ? ENDS[status] : "failed";
}

const causeOf = (cause: Wire["Cause"] | null | undefined) => (cause ? { cause } : {});
const detailOf = (detail: string | null | undefined) => (detail ? { detail } : {});

/** Newest first; what happened at the same instant stays in the order in which it is told, the later on top. */
function inOrder(happenings: readonly Happening[]): Happening[] {
  return happenings
    .map((happening, place) => ({ happening, place }))
    .sort((one, other) => Date.parse(other.happening.at) - Date.parse(one.happening.at) || other.place - one.place)
    .map(({ happening }) => happening);
}
