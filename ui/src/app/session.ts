import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, call, type Wire } from "../api/client.ts";
import { keys } from "../api/keys.ts";
import { useTopic } from "../api/hooks.ts";

export type User = Wire["User"];

/** Who is signed in; null for nobody. */
export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: async (): Promise<User | null> => (await call(api.GET("/api/wallet/session"))).user,
});

/** Who is signed in, kept up with their money. `user` is null for nobody, and while it is not known yet. */
export function useSession(): { user: User | null; isKnown: boolean } {
  const { data, isSuccess } = useQuery(meQuery);
  useTopic(data ? `user:${data.id}` : null);
  return { user: data ?? null, isKnown: isSuccess };
}
