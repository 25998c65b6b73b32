/** Frames of the WebSocket `/ws`; the server's are in `qubix.schemas.frames`. */

export const EVENT_TYPES = [
  "PROVIDER_REGISTERED",
  "PROVIDER_STATUS_CHANGED",
  "GPU_METRICS_UPDATE",
  "JOB_PROGRESS",
  "JOB_COMPLETED",
  "MARKETPLACE_UPDATE",
  "DEPOSIT_PROGRESS",
  "ESCROW_PROGRESS",
  "WITHDRAWAL_UPDATE",
  "BALANCE_CHANGED",
  "GROUP_UPDATE",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** Something happened. `id` is its place in the stream, to go on from after a reconnect. */
export interface LiveEvent {
  kind: "event";
  id: string;
  type: EventType;
  data: Readonly<Record<string, unknown>>;
}

/** The connection speaks of itself. */
export interface ControlFrame {
  kind: "control";
  type: "ready" | "subscribed" | "caughtUp" | "unsubscribed" | "authenticated" | "error";
  id: string | null;
  message: string | null;
}

const CONTROL_TYPES = ["ready", "subscribed", "caughtUp", "unsubscribed", "authenticated", "error"] as const;

/** A frame of the server's, or null for one of a kind that this console does not know yet. */
export function readFrame(text: string): LiveEvent | ControlFrame | null {
  const frame: unknown = JSON.parse(text);
  if (!isRecord(frame)) return null;
  const type = EVENT_TYPES.find((known) => known === frame.type);
  if (type !== undefined && typeof frame.id === "string" && isRecord(frame.data)) {
    return { kind: "event", id: frame.id, type, data: frame.data };
  }
  const control = CONTROL_TYPES.find((known) => known === frame.type);
  if (control === undefined) return null;
  return { kind: "control", type: control, id: textOf(frame.id), message: textOf(frame.message) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
