import { QueryClient } from "@tanstack/react-query";
import { staleAfter } from "./invalidation.ts";
import type { Live } from "./live.ts";
import { Refusal } from "./refusal.ts";

const GATHER_MS = 250;
const TRIES = 3;

/** The cache of what the API answered. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (failures, error) => error instanceof Refusal && error.isPassing && failures < TRIES,
    },
  },
});

/**
 * Ask again for what events make stale: everything after a lost connection, and what an event names a moment after it,
 * so that a hundred events of one second are one question.
 */
export function keepFresh(client: QueryClient, connection: Live): () => void {
  const waiting = new Map<string, readonly string[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    const gathered = [...waiting.values()];
    waiting.clear();
    for (const queryKey of gathered) void client.invalidateQueries({ queryKey });
  };
  const stopEvents = connection.onEvent((event) => {
    for (const key of staleAfter(event)) waiting.set(key.join(" "), key);
    if (waiting.size > 0) timer ??= setTimeout(flush, GATHER_MS);
  });
  const stopReopen = connection.onReopen(() => void client.invalidateQueries());
  return () => {
    clearTimeout(timer);
    stopEvents();
    stopReopen();
  };
}
