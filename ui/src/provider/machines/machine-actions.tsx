import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useMessages } from "../../i18n/messages.ts";
import type { Machine } from "../queries.ts";
import { DrainDialog } from "./drain-dialog.tsx";
import { EditDialog } from "./edit-dialog.tsx";
import { machinesMessages } from "./messages.ts";
import { RemoveDialog } from "./remove-dialog.tsx";
import { usePause } from "./use-actions.ts";

/** What its owner can do with a machine. */
export function MachineActions({ machine, onRemoved }: { machine: Machine; onRemoved?: () => void }) {
  const say = useMessages(machinesMessages);
  const [open, setOpen] = useState<"edit" | "drain" | "remove" | null>(null);
  const { isPending, pause, resume } = usePause(machine);
  const close = () => setOpen(null);
  const named = { machine: machine.name };
  return (
    <SpaceBetween size="xs" direction="horizontal">
      <Button iconName="edit" ariaLabel={say("edit.label", named)} onClick={() => setOpen("edit")}>
        {say("edit")}
      </Button>
      <Button
        iconName={machine.isAvailable ? "pause" : "play"}
        ariaLabel={say(machine.isAvailable ? "pause.label" : "resume.label", named)}
        loading={isPending}
        onClick={machine.isAvailable ? pause : resume}
      >
        {say(machine.isAvailable ? "pause" : "resume")}
      </Button>
      <ButtonDropdown
        ariaLabel={say("more.label", named)}
        expandToViewport
        items={[
          {
            id: "drain",
            text: say("drain"),
            disabled: machine.status !== "ONLINE",
            disabledReason: say(machine.status === "OFFLINE" ? "drain.offline" : "state.draining"),
          },
          { id: "remove", text: say("remove") },
        ]}
        onItemClick={({ detail }) => setOpen(detail.id === "drain" ? "drain" : "remove")}
      >
        {say("more")}
      </ButtonDropdown>
      {open === "edit" && <EditDialog machine={machine} onClose={close} />}
      {open === "drain" && <DrainDialog machine={machine} onClose={close} />}
      {open === "remove" && (
        <RemoveDialog machine={machine} onClose={close} {...(onRemoved === undefined ? {} : { onRemoved })} />
      )}
    </SpaceBetween>
  );
}
