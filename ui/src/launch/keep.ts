import { del, get, set } from "idb-keyval";
import { emptyDraft, type Draft } from "./draft.ts";

const KEY = "qubix.launch";
/** Raised when a draft's fields change: an older one is not read. */
const VERSION = 1;

/** The draft that this browser keeps, files and all; null for none. */
export async function keptDraft(): Promise<Draft | null> {
  return readKept(await get(KEY));
}

/** A kept draft as it was written by this version of the console; null for anything else. */
export function readKept(kept: unknown): Draft | null {
  if (typeof kept !== "object" || kept === null || !("version" in kept) || !("draft" in kept)) return null;
  if (kept.version !== VERSION || typeof kept.draft !== "object" || kept.draft === null) return null;
  // A field that is missing begins empty.
  return { ...emptyDraft(""), ...kept.draft };
}

export function keepDraft(draft: Draft): Promise<void> {
  return set(KEY, { version: VERSION, draft });
}

export function forgetDraft(): Promise<void> {
  return del(KEY);
}
