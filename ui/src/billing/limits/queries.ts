import { queryOptions } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import type { Figures, Limit } from "./limits.ts";

const LOOK_AGAIN_MS = 10_000;

/** The limits that are set, with what counts against each. */
export const limitsQuery = queryOptions({
  queryKey: [...keys.cash, "limits"],
  queryFn: ({ signal }) => call(api.GET("/api/users/me/limits", { signal })),
  refetchInterval: LOOK_AGAIN_MS,
});

/** Limit all spending (`keyId` null), or that of one API key; without any figure it is not limited any more. */
export function setLimits(keyId: string | null, figures: Figures): Promise<Limit[]> {
  return call(api.PUT("/api/users/me/limits", { body: { keyId, ...figures } }));
}
