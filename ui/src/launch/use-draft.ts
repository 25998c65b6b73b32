import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { useEffect, useReducer, useRef, useState, type Dispatch } from "react";
import { changeDraft, emptyDraft, type Draft, type DraftAction } from "./draft.ts";
import { forgetDraft, keepDraft, keptDraft } from "./keep.ts";

const WRITE_AFTER_MS = 400;

interface DraftInUse {
  draft: Draft;
  change: Dispatch<DraftAction>;
  /** Whether the kept draft was looked for. */
  isRead: boolean;
  /** Nothing of it is needed any more. */
  forget: () => Promise<void>;
  /** Begin with an empty one. */
  beginAnew: () => void;
}

// `crypto.randomUUID` exists on secure pages alone.
const newKey = () => bytesToHex(randomBytes(16));

/** The draft of this browser, written down as it changes; `machine` is the one that somebody came to rent. */
export function useDraft(machine: string | null): DraftInUse {
  const [draft, change] = useReducer(changeDraft, machine, (wanted) => emptyDraft(newKey(), wanted));
  const [isRead, setIsRead] = useState(false);
  const isOver = useRef(false);
  const writtenStep = useRef(draft.step);
  useEffect(() => {
    let isShown = true;
    const read = async () => {
      const kept = await keptDraft();
      if (!isShown) return;
      if (kept !== null) change({ type: "restored", draft: machine === null ? kept : { ...kept, machine } });
      setIsRead(true);
    };
    void read();
    return () => {
      isShown = false;
    };
  }, [machine]);
  useEffect(() => {
    if (!isRead) return undefined;
    const write = () => {
      if (!isOver.current) void keepDraft(draft);
    };
    // Typing is gathered, a step is written at once.
    const isTyping = writtenStep.current === draft.step;
    writtenStep.current = draft.step;
    const timer = setTimeout(write, isTyping ? WRITE_AFTER_MS : 0);
    // Whoever leaves at once, the page or the console, leaves nothing behind.
    addEventListener("pagehide", write);
    return () => {
      clearTimeout(timer);
      removeEventListener("pagehide", write);
      write();
    };
  }, [draft, isRead]);
  const forget = async () => {
    isOver.current = true;
    await forgetDraft();
  };
  const beginAnew = () => change({ type: "restored", draft: emptyDraft(newKey(), machine) });
  return { draft, change, isRead, forget, beginAnew };
}
