import { useEffect, useEffectEvent, useSyncExternalStore } from "react";
import type { LiveEvent } from "./frames.ts";
import { live, type LiveStatus } from "./live.ts";

/** Have the platform push what changes in this topic while the component is shown; null watches nothing. */
export function useTopic(topic: string | null): void {
  useEffect(() => (topic === null ? undefined : live.watch(topic)), [topic]);
}

/** Be handed events themselves, for what they carry; what they make stale is asked for again without this. */
export function useLiveEvents(handle: (event: LiveEvent) => void): void {
  const onEvent = useEffectEvent(handle);
  useEffect(() => live.onEvent((event) => onEvent(event)), []);
}

/** Whether the platform can push at all just now. */
export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(live.onStatus, () => live.status);
}
