import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { toasts } from "../../app/toasts.ts";
import { useMessages } from "../../i18n/messages.ts";
import { FormDialog } from "../../shared/form-dialog.tsx";
import type { Machine } from "../queries.ts";
import type { Fields } from "./edit.ts";
import { machinesMessages } from "./messages.ts";
import { useChange } from "./use-actions.ts";
import { useEdit } from "./use-edit.ts";

/** A machine's name, price and place. What was typed stays where the platform refuses it. */
export function EditDialog({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const say = useMessages(machinesMessages);
  const change = useChange(machine);
  const { fields, set, flaws, changes } = useEdit(machine);
  const fill = (field: keyof Fields) => ({
    value: fields[field],
    onChange: ({ detail }: { detail: { value: string } }) => set(field, detail.value),
  });
  const submit = () => {
    change.mutate(changes, {
      onSuccess: ({ name }) => {
        toasts.success(say("edit.saved", { machine: name }));
        onClose();
      },
    });
  };
  return (
    <FormDialog
      title={say("edit.title", { machine: machine.name })}
      submitLabel={say("edit.save")}
      cancelLabel={say("cancel")}
      isBusy={change.isPending}
      isComplete={flaws.size === 0}
      problem={change.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <FormField
        label={say("edit.price")}
        description={say("edit.price.hint")}
        errorText={flaws.has("price") && say("edit.price.wrong")}
      >
        <Input {...fill("price")} inputMode="numeric" autoFocus />
      </FormField>
      <FormField label={say("edit.name")} errorText={flaws.has("name") && say("edit.name.wrong")}>
        <Input {...fill("name")} />
      </FormField>
      <FormField
        label={say("edit.place")}
        description={say("edit.place.hint")}
        errorText={flaws.has("place") && say("edit.place.wrong")}
      >
        <Input {...fill("place")} spellcheck={false} />
      </FormField>
    </FormDialog>
  );
}
