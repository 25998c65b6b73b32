import type { StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { Wire } from "../api/client.ts";

type JobStatus = Wire["JobStatus"];
type AttemptStatus = Wire["AttemptStatus"];

/** How a status of a job is drawn. */
export const JOB_LOOKS: Record<JobStatus, StatusIndicatorProps.Type> = {
  PENDING: "pending",
  ASSIGNED: "in-progress",
  RUNNING: "in-progress",
  COMPLETED: "success",
  FAILED: "error",
  CANCELLED: "stopped",
};

/** How a status of an attempt is drawn. */
export const ATTEMPT_LOOKS: Record<AttemptStatus, StatusIndicatorProps.Type> = {
  ASSIGNED: "pending",
  RUNNING: "in-progress",
  COMPLETED: "success",
  FAILED: "error",
  CANCELLED: "stopped",
  LOST: "warning",
};

/** Final states are final. */
export function isFinal(status: JobStatus): boolean {
  return status === "COMPLETED" || status === "FAILED" || status === "CANCELLED";
}
