import Box from "@cloudscape-design/components/box";
import { useMessages } from "../../i18n/messages.ts";
import { TypedConfirmation } from "../../shared/typed-confirmation.tsx";
import type { Machine } from "../queries.ts";
import { machinesMessages } from "./messages.ts";
import { useDrain } from "./use-actions.ts";

/** Asks before a machine's agent is had to leave: it takes somebody at the machine to bring it back. */
export function DrainDialog({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const say = useMessages(machinesMessages);
  const drain = useDrain(machine);
  return (
    <TypedConfirmation
      title={say("drain.title", { machine: machine.name })}
      word={null}
      wordLabel=""
      confirmLabel={say("drain")}
      dismissLabel={say("cancel")}
      isBusy={drain.isPending}
      onConfirm={() => drain.mutate(undefined, { onSettled: onClose })}
      onDismiss={onClose}
    >
      <Box variant="p">{say("drain.text")}</Box>
    </TypedConfirmation>
  );
}
