import { queryOptions } from "@tanstack/react-query";
import { api, call, callForList } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";

const RUNNING_LOOK_AGAIN_MS = 5000;

/** What the caller's machines earned. While something runs it is asked for every five seconds: what it earns grows. */
export const earningsQuery = queryOptions({
  queryKey: keys.earnings,
  queryFn: ({ signal }) => call(api.GET("/api/providers/my/earnings", { signal })),
  refetchInterval: ({ state: { data } }) => ((data?.activeJobs ?? 0) > 0 ? RUNNING_LOOK_AGAIN_MS : false),
});

const SHOWN = 10;

/** The caller's newest withdrawals. */
export const payoutsQuery = queryOptions({
  queryKey: [...keys.cash, "withdrawals", "newest"],
  queryFn: ({ signal }) =>
    callForList(api.GET("/api/wallet/withdrawals", { params: { query: { limit: SHOWN } }, signal })),
});
