import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, call, type Wire } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { toasts } from "../../app/toasts.ts";
import { useMessages } from "../../i18n/messages.ts";
import { jobsMessages } from "../messages.ts";
import { type Job, snapshotQuery } from "../queries.ts";

const of = (job: Job) => ({ path: { job_id: job.id } });

/** Stop a job. */
export function useCancel(job: Job) {
  const say = useMessages(jobsMessages);
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call(api.POST("/api/jobs/{job_id}/cancel", { params: of(job) })),
    onSuccess: ({ job: stopped }) =>
      toasts.success(say(stopped.status === "CANCELLED" ? "cancel.done" : "cancel.asked", { name: job.name })),
    onError: (problem) => toasts.error(problem),
    onSettled: () => client.invalidateQueries({ queryKey: keys.jobs }),
  });
}

/** Have a running job's state saved within seconds. */
export function useCheckpoint(job: Job) {
  const say = useMessages(jobsMessages);
  return useMutation({
    mutationFn: () => call(api.POST("/api/jobs/{job_id}/checkpoints/request", { params: of(job) })),
    onSuccess: () => toasts.success(say("checkpoint.asked")),
    onError: (problem) => toasts.error(problem),
  });
}

/** Have what a running job works on saved whole. */
export function useSnapshot(job: Job) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call(api.POST("/api/jobs/{job_id}/snapshot", { params: of(job) })),
    onSuccess: () => client.resetQueries({ queryKey: snapshotQuery(job.id).queryKey }),
    onError: (problem) => toasts.error(problem),
  });
}

/** A new job like this one, and on to it. */
export function useClone(job: Job) {
  const say = useMessages(jobsMessages);
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (body: Wire["JobClone"]) => call(api.POST("/api/jobs/{job_id}/clone", { params: of(job), body })),
    onSuccess: ({ job: created }) => {
      toasts.success(say("clone.done", { name: created.name }));
      void client.invalidateQueries({ queryKey: keys.jobs });
      void navigate(`/app/jobs/${created.id}/monitor`);
    },
  });
}
