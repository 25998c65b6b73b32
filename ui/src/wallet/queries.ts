import { queryOptions } from "@tanstack/react-query";
import { api, call } from "../api/client.ts";
import { keys } from "../api/keys.ts";

/** What anybody may know of the platform: which wallets it takes, and on which chain its money is. */
export const platformQuery = queryOptions({
  queryKey: keys.platform,
  queryFn: () => call(api.GET("/api/platform")),
  staleTime: Infinity,
});

/** A devnet's wallets, which anybody may sign in with. */
export const developmentWalletsQuery = queryOptions({
  queryKey: [...keys.platform, "development-wallets"],
  queryFn: () => call(api.GET("/api/wallet/development")),
  staleTime: Infinity,
});
