import { QueryClient } from "@tanstack/react-query";
import { staleAfter } from "./invalidation.ts";
import { keys } from "./keys.ts";
import { live, type Live } from "./live.ts";
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

/** Somebody signed in or out: what was cached was for another, and the connection is to be theirs. */
export async function startAnew(): Promise<void> {
  live.reconnect();
  await queryClient.invalidateQueries({ queryKey: keys.me });
  await queryClient.resetQueries({ predicate: (query) => query.queryKey[0] !== keys.me[0] });
}
