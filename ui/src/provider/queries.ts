import { queryOptions } from "@tanstack/react-query";
import { api, call, type Wire } from "../api/client.ts";
import { keys } from "../api/keys.ts";

export type Machine = Wire["Provider"];

/** The caller's machines, oldest first. */
export const myMachinesQuery = queryOptions({
  queryKey: keys.myProviders,
  queryFn: ({ signal }) => call(api.GET("/api/providers/my", { signal })),
});

const LOOK_AGAIN_MS = 5000;

/** The caller's newest machine since the marker. An event tells of it at once; it is asked for besides, in case one is missed. */
export const newMachineQuery = (marker: string) =>
  queryOptions({
    queryKey: keys.newProvider(marker),
    queryFn: async ({ signal }): Promise<Machine | null> => {
      const params = { query: { marker } };
      return (await call(api.GET("/api/providers/check-new", { params, signal }))).newProvider;
    },
    refetchInterval: ({ state }) => (state.data == null ? LOOK_AGAIN_MS : false),
  });

/** A token for one machine, and where to look from for that machine's arrival. */
export interface Invitation {
  token: Wire["JoinToken"];
  marker: string;
}

/** Make an invitation. The marker is asked for first, so that no machine slips in between. */
export async function invite(trust: Wire["Trust"]): Promise<Invitation> {
  const { marker } = await call(api.GET("/api/providers/check-new"));
  const token = await call(api.POST("/api/providers/join-tokens", { body: { trust, expiresInSeconds: 3600 } }));
  return { token, marker };
}
