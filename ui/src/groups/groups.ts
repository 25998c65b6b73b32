import type { StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { Wire } from "../api/client.ts";
import { wholeNumber } from "../shared/numbers.ts";

export type Group = Wire["JobGroup"];
export type GroupStatus = Wire["GroupStatus"];
export type Item = Wire["GroupItem"];
export type ItemStatus = Wire["ItemStatus"];

export const GROUP_LOOKS: Readonly<Record<GroupStatus, StatusIndicatorProps.Type>> = {
  ACTIVE: "success",
  DRAINING: "in-progress",
  ENDED: "stopped",
};

export const ITEM_LOOKS: Readonly<Record<ItemStatus, StatusIndicatorProps.Type>> = {
  QUEUED: "pending",
  TAKEN: "in-progress",
  DONE: "success",
  FAILED: "error",
  DROPPED: "stopped",
};

export const ITEM_STATUSES = Object.keys(ITEM_LOOKS) as ItemStatus[];

/** The most workers that a group may have. */
export const MOST_WORKERS = 200;

/** How many of a group's items are in a state. */
export const countOf = (group: Pick<Group, "items">, status: ItemStatus) => group.items[status] ?? 0;

/** How many items came to an end, and how many there are. */
export function doneOf(group: Pick<Group, "items">): { ended: number; all: number } {
  const all = ITEM_STATUSES.reduce((sum, status) => sum + countOf(group, status), 0);
  return { ended: all - countOf(group, "QUEUED") - countOf(group, "TAKEN"), all };
}

/** Bounds as they were typed; null where a group cannot have them. */
export function readBounds(typed: { least: string; most: string }): { minWorkers: number; maxWorkers: number } | null {
  const minWorkers = wholeNumber(typed.least, { least: 0 });
  const maxWorkers = wholeNumber(typed.most, { least: 1 });
  if (minWorkers === null || maxWorkers === null) return null;
  return minWorkers <= maxWorkers && maxWorkers <= MOST_WORKERS ? { minWorkers, maxWorkers } : null;
}

/** The first `size` of what was found after a place in a list, and whether there are more. */
export function pageOf<T>(found: readonly T[], size: number): { shown: readonly T[]; hasNext: boolean } {
  return { shown: found.slice(0, size), hasNext: found.length > size };
}

const MADE_UP = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** An item's name; of one that the platform made up, its beginning. */
export const shownName = (name: string) => (MADE_UP.test(name) ? name.slice(0, 8) : name);

/** What an item holds, on one line. */
export function shownData(data: Item["data"]): string {
  return typeof data === "string" ? data : JSON.stringify(data);
}
