import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useMessages } from "../i18n/messages.ts";
import { jobsMessages } from "./messages.ts";
import type { Job, Monitor } from "./queries.ts";
import { ATTEMPT_LOOKS, JOB_LOOKS } from "./status.ts";

/** Where a job stands, and that it is about to be stopped where it is. */
export function JobState({ job }: { job: Job }) {
  const say = useMessages(jobsMessages);
  const isStopping = job.cancelRequested && (job.status === "RUNNING" || job.status === "ASSIGNED");
  return (
    <StatusIndicator type={isStopping ? "stopped" : JOB_LOOKS[job.status]}>
      {say(isStopping ? "status.stopping" : `status.${job.status}`)}
    </StatusIndicator>
  );
}

/** Where an attempt stands. */
export function AttemptState({ status }: { status: Monitor["attempts"][number]["status"] }) {
  const say = useMessages(jobsMessages);
  return <StatusIndicator type={ATTEMPT_LOOKS[status]}>{say(`attempt.${status}`)}</StatusIndicator>;
}
