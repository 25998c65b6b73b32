import { queryOptions, useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { api, call, onRefusal, type Wire } from "../api/client.ts";
import { useTopic } from "../api/hooks.ts";
import { keys } from "../api/keys.ts";
import { live } from "../api/live.ts";
import { queryClient } from "../api/queries.ts";

export type User = Wire["User"];

/**
 * Whether who was signed in is so no more, without having signed out. Until they sign in again the page that they are on
 * stays as it is, with what they have typed.
 */
let hasEnded = false;
const listeners = new Set<() => void>();

function setEnded(ended: boolean): void {
  if (hasEnded === ended) return;
  hasEnded = ended;
  for (const listener of listeners) listener();
}

function known(): User | null {
  return queryClient.getQueryData<User | null>(keys.me) ?? null;
}

onRefusal((refusal) => {
  if (refusal.isSignedOut && known() !== null) setEnded(true);
});

/** Who is signed in; null for nobody. */
export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: async (): Promise<User | null> => {
    const { user } = await call(api.GET("/api/wallet/session"));
    const before = known();
    if (user === null && before !== null) {
      setEnded(true);
      return before;
    }
    return user;
  },
});

/** Who is signed in, kept up with their money. `user` is null for nobody, and while it is not known yet. */
export function useSession(): { user: User | null; isKnown: boolean } {
  const { data, isSuccess } = useQuery(meQuery);
  useTopic(data ? `user:${data.id}` : null);
  return { user: data ?? null, isKnown: isSuccess };
}

export function useHasEnded(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => hasEnded,
  );
}

/** Somebody has signed in: what is cached is asked for again, as theirs. Another than before begins with a fresh page. */
export function began(user: User): void {
  const before = known();
  if (before !== null && before.id !== user.id) {
    location.assign("/app");
    return;
  }
  queryClient.setQueryData(keys.me, user);
  setEnded(false);
  live.reconnect();
  void queryClient.invalidateQueries({ predicate: (query) => query.queryKey[0] !== keys.me[0] });
}

/** End the session, and keep nothing of it on this page. */
export async function signOut(): Promise<void> {
  await call(api.DELETE("/api/wallet/session"));
  location.assign("/");
}
