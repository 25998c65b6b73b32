import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { toasts } from "../../app/toasts.ts";
import { useMessages } from "../../i18n/messages.ts";
import { jobsMessages } from "../messages.ts";
import type { Monitor } from "../queries.ts";
import { isFinal } from "../status.ts";
import { CancelDialog } from "./cancel-dialog.tsx";
import { CloneDialog } from "./clone-dialog.tsx";
import { useClone } from "./use-actions.ts";

/** What can be done with a job. */
export function JobActions({ monitor }: { monitor: Monitor }) {
  const say = useMessages(jobsMessages);
  const { job } = monitor;
  const [open, setOpen] = useState<"cancel" | "clone" | null>(null);
  const again = useClone(job);
  const close = () => setOpen(null);
  const restart = () => again.mutate({ fromStart: true }, { onError: (problem) => toasts.error(problem) });
  return (
    <SpaceBetween size="xs" direction="horizontal">
      {isFinal(job.status) && (
        <Button iconName="refresh" loading={again.isPending} onClick={restart}>
          {say("restart")}
        </Button>
      )}
      <Button iconName="copy" onClick={() => setOpen("clone")}>
        {say("clone")}
      </Button>
      {!isFinal(job.status) && (
        <Button disabled={job.cancelRequested} onClick={() => setOpen("cancel")}>
          {say("cancel")}
        </Button>
      )}
      {open === "cancel" && <CancelDialog monitor={monitor} onClose={close} />}
      {open === "clone" && <CloneDialog monitor={monitor} checkpointId={null} onClose={close} />}
    </SpaceBetween>
  );
}
