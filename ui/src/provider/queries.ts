import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call, callForList, type Wire } from "../api/client.ts";
import { keys } from "../api/keys.ts";
import { onPage } from "../shared/paging.ts";

export type Machine = Wire["Provider"];

/** The caller's machines, oldest first. */
export const myMachinesQuery = queryOptions({
  queryKey: keys.myProviders,
  queryFn: ({ signal }) => call(api.GET("/api/providers/my", { signal })),
});

export type MachineJob = Wire["MachineJob"];

/** How far back a machine's graphs go. */
const METRICS_S = 3600;

/** How busy a machine of the caller's was in the last hour. What comes after that is pushed. */
export const metricsQuery = (id: string) =>
  queryOptions({
    queryKey: keys.machineMetrics(id),
    queryFn: ({ signal }) => {
      const params = { path: { provider_id: id }, query: { seconds: METRICS_S } };
      return call(api.GET("/api/providers/{provider_id}/metrics", { params, signal }));
    },
  });

/** What the caller's machines ran, newest first: of all of them, or of the one that is named. `page` counts from 1. */
export const machineJobsQuery = (machine: string | null, page: number) =>
  queryOptions({
    queryKey: [...keys.machineJobs, machine, page],
    queryFn: ({ signal }) => {
      const query = machine === null ? onPage(page) : { ...onPage(page), provider: machine };
      return callForList(api.GET("/api/providers/my/jobs", { params: { query }, signal }));
    },
    placeholderData: keepPreviousData,
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
