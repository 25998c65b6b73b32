import Box from "@cloudscape-design/components/box";
import { useMessages } from "../../i18n/messages.ts";
import { formatTime } from "../../shared/format.ts";
import { TypedConfirmation } from "../../shared/typed-confirmation.tsx";
import { jobsMessages } from "../messages.ts";
import type { Monitor } from "../queries.ts";
import { useCancel } from "./use-actions.ts";

/** Asks before a job is stopped. Where it runs, what it did since it was last saved is lost, so a word is asked for. */
export function CancelDialog({ monitor, onClose }: { monitor: Monitor; onClose: () => void }) {
  const say = useMessages(jobsMessages);
  const { job, checkpoints } = monitor;
  const cancel = useCancel(job);
  const losesWork = job.status === "RUNNING";
  const saved = checkpoints[0];
  return (
    <TypedConfirmation
      title={say("cancel.title", { name: job.name })}
      word={losesWork ? say("cancel.word") : null}
      wordLabel={say("cancel.type", { word: say("cancel.word") })}
      confirmLabel={say("cancel")}
      dismissLabel={say("cancel.keep")}
      isBusy={cancel.isPending}
      onConfirm={() => cancel.mutate(undefined, { onSettled: onClose })}
      onDismiss={onClose}
    >
      <Box variant="p">{say(losesWork ? "cancel.running" : "cancel.waiting")}</Box>
      {losesWork && (
        <Box variant="p">
          {saved === undefined ? say("cancel.unsaved") : say("cancel.saved", { time: formatTime(saved.takenAt) })}
        </Box>
      )}
    </TypedConfirmation>
  );
}
