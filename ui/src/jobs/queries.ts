import { queryOptions } from "@tanstack/react-query";
import { api, call, callForList, type Wire } from "../api/client.ts";
import { keys } from "../api/keys.ts";
import { onPage } from "../shared/paging.ts";
import { isFinal } from "./status.ts";

export type Job = Wire["Job"];
export type JobStatus = Wire["JobStatus"];
export type Monitor = Wire["JobMonitor"];
export type JobOrder = "-createdAt" | "createdAt" | "name" | "-name" | "status" | "-status" | "cost" | "-cost";

const LOOK_AGAIN_MS = 10_000;
const RUNNING_LOOK_AGAIN_MS = 2000;
const SNAPSHOT_LOOK_AGAIN_MS = 1000;

export interface JobsAsked {
  search: string;
  statuses: readonly JobStatus[];
  sort: JobOrder;
  page: number;
}

/** A page of the caller's jobs. Events tell of those that are shown; others are looked for now and then. */
export const jobsQuery = (asked: JobsAsked) =>
  queryOptions({
    queryKey: [...keys.jobList, asked],
    queryFn: ({ signal }) =>
      callForList(
        api.GET("/api/jobs", {
          params: {
            query: {
              sort: asked.sort,
              ...onPage(asked.page),
              ...(asked.search === "" ? {} : { search: asked.search }),
              ...(asked.statuses.length === 0 ? {} : { status: [...asked.statuses] }),
            },
          },
          signal,
        }),
      ),
    refetchInterval: LOOK_AGAIN_MS,
  });

/** Everything about one job. Usage comes without an event of its own, so a job that runs is looked at again. */
export const monitorQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.job(id), "monitor"],
    queryFn: ({ signal }) => call(api.GET("/api/jobs/{job_id}/monitor", { params: { path: { job_id: id } }, signal })),
    refetchInterval: (query) => {
      const status = query.state.data?.job.status;
      if (status === undefined || isFinal(status)) return false;
      return status === "RUNNING" ? RUNNING_LOOK_AGAIN_MS : LOOK_AGAIN_MS;
    },
  });

/** What became of the last snapshot that was asked for; it is looked at again until that is settled. */
export const snapshotQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.job(id), "snapshot"],
    queryFn: ({ signal }) => call(api.GET("/api/jobs/{job_id}/snapshot", { params: { path: { job_id: id } }, signal })),
    refetchInterval: (query) => query.state.data?.status === "PENDING" && SNAPSHOT_LOOK_AGAIN_MS,
  });

/** What the job left in `$QUBIX_OUTPUT`. */
export const artifactsQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.job(id), "artifacts"],
    queryFn: ({ signal }) =>
      call(api.GET("/api/jobs/{job_id}/artifacts", { params: { path: { job_id: id } }, signal })),
  });

/** How the job's money was divided. */
export const receiptQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.job(id), "receipt"],
    queryFn: ({ signal }) => call(api.GET("/api/jobs/{job_id}/receipt", { params: { path: { job_id: id } }, signal })),
  });
