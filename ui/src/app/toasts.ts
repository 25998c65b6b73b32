import { useSyncExternalStore } from "react";

export type ToastType = "success" | "info" | "warning" | "error" | "progress";

export interface Toast {
  id: string;
  type: ToastType;
  text: string;
  /** Taken back by one press, where that is possible. */
  undo?: () => void;
}

const SHOWN_MS = 8000;
const PASSING: readonly ToastType[] = ["success", "info"];

let shown: readonly Toast[] = [];
let made = 0;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

function dismiss(id: string): void {
  change(shown.filter((toast) => toast.id !== id));
}

function show(type: ToastType, text: string, options: { undo?: () => void } = {}): string {
  made += 1;
  const id = `toast-${made}`;
  change([{ id, type, text, ...options }, ...shown]);
  // What can be undone, and what went wrong, stays until it is dismissed.
  if (PASSING.includes(type) && options.undo === undefined) setTimeout(() => dismiss(id), SHOWN_MS);
  return id;
}

/** Messages above the page: say how an action ended. Each gives the toast's id, to `dismiss` it early. */
export const toasts = {
  success: (text: string, options?: { undo?: () => void }) => show("success", text, options),
  info: (text: string) => show("info", text),
  warning: (text: string) => show("warning", text),
  /** A refusal's own message says what to do; anything else is a mistake of ours, and its message is shown too. */
  error: (problem: unknown) => show("error", problem instanceof Error ? problem.message : String(problem)),
  progress: (text: string) => show("progress", text),
  dismiss,
} as const;

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
}
