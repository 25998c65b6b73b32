import type { StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { Machine } from "../queries.ts";

/** How a machine stands, as its owner sees it. */
export type MachineState = "free" | "busy" | "paused" | "draining" | "offline";

export const STATE_LOOKS: Record<MachineState, StatusIndicatorProps.Type> = {
  free: "success",
  busy: "in-progress",
  paused: "stopped",
  draining: "pending",
  offline: "error",
};

type Standing = Pick<Machine, "status" | "isAvailable" | "currentJobId">;

/** A machine that leaves or is paused is told as that even while it works: no more will come. */
export function stateOf({ status, isAvailable, currentJobId }: Standing): MachineState {
  if (status === "OFFLINE") return "offline";
  if (status === "DRAINING") return "draining";
  if (!isAvailable) return "paused";
  return currentJobId === null ? "free" : "busy";
}
