import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, call, type Wire } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { toasts } from "../../app/toasts.ts";
import { useMessages } from "../../i18n/messages.ts";
import { jobsMessages } from "../messages.ts";
import type { Job } from "../queries.ts";

/**
 * Carry a fix out: a new job with the change takes the place of the one that waits.
 *
 * The new one is made first. Where it is refused, for want of balance say, the old one is still there.
 */
export function useFix(job: Job) {
  const say = useMessages(jobsMessages);
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async ({ maxPrice, resources }: Wire["WaitingFix"]) => {
      const params = { path: { job_id: job.id } };
      const body = { fromStart: false, maxPrice, resources };
      const { job: changed } = await call(api.POST("/api/jobs/{job_id}/clone", { params, body }));
      await call(api.POST("/api/jobs/{job_id}/cancel", { params }));
      return changed;
    },
    onSuccess: (changed) => {
      toasts.success(say("fix.done", { name: changed.name }));
      void navigate(`/app/jobs/${changed.id}/monitor`, { replace: true });
    },
    onError: (problem) => toasts.error(problem),
    onSettled: () => client.invalidateQueries({ queryKey: keys.jobs }),
  });
}
