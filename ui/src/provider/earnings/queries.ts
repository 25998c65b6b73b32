import { queryOptions } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";

const RUNNING_LOOK_AGAIN_MS = 5000;

/**
 * What the caller's machines earned. While something runs it is asked for every five seconds, as what it earns grows;
 * events tell when a machine begins to work, and when it is paid.
 */
export const earningsQuery = queryOptions({
  queryKey: keys.earnings,
  queryFn: ({ signal }) => call(api.GET("/api/providers/my/earnings", { signal })),
  refetchInterval: ({ state: { data } }) => ((data?.activeJobs ?? 0) > 0 ? RUNNING_LOOK_AGAIN_MS : false),
});
