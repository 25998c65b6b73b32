import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import { useMessages } from "../../i18n/messages.ts";
import { TypedConfirmation } from "../../shared/typed-confirmation.tsx";
import type { Machine } from "../queries.ts";
import { machinesMessages } from "./messages.ts";
import { useRemove } from "./use-actions.ts";

interface RemoveDialogProps {
  machine: Machine;
  onClose: () => void;
  onRemoved?: () => void;
}

/** Asks for the machine's id before it is taken off the market. Where that is refused, the reason is shown here. */
export function RemoveDialog({ machine, onClose, onRemoved }: RemoveDialogProps) {
  const say = useMessages(machinesMessages);
  const remove = useRemove(machine, onRemoved);
  return (
    <TypedConfirmation
      title={say("remove.title", { machine: machine.name })}
      word={machine.workerId}
      wordLabel={say("remove.type", { word: machine.workerId })}
      confirmLabel={say("remove")}
      dismissLabel={say("cancel")}
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onClose })}
      onDismiss={onClose}
    >
      <Box variant="p">{say("remove.text")}</Box>
      {remove.error !== null && <Alert type="error">{remove.error.message}</Alert>}
      {remove.error === null && machine.currentJobId !== null && <Alert type="warning">{say("remove.busy")}</Alert>}
    </TypedConfirmation>
  );
}
