import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState, type SubmitEvent } from "react";
import { toasts } from "../../app/toasts.ts";
import { useMessages } from "../../i18n/messages.ts";
import type { Machine } from "../queries.ts";
import { changesOf, fieldsOf, flawsOf, type Fields } from "./edit.ts";
import { machinesMessages } from "./messages.ts";
import { useChange } from "./use-actions.ts";

/** A machine's name, price and place. What was typed stays where the platform refuses it. */
export function EditDialog({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const say = useMessages(machinesMessages);
  const change = useChange(machine);
  const [fields, setFields] = useState<Fields>(() => fieldsOf(machine));
  const flaws = flawsOf(fields, machine);
  const fill = (field: keyof Fields) => ({
    value: fields[field],
    onChange: ({ detail }: { detail: { value: string } }) => setFields({ ...fields, [field]: detail.value }),
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (flaws.size > 0) return;
    change.mutate(changesOf(fields, machine), {
      onSuccess: ({ name }) => {
        toasts.success(say("edit.saved", { machine: name }));
        onClose();
      },
    });
  };
  return (
    <Modal
      visible
      header={say("edit.title", { machine: machine.name })}
      closeAriaLabel={say("cancel")}
      onDismiss={onClose}
    >
      <form onSubmit={submit}>
        <Form
          actions={
            <SpaceBetween size="xs" direction="horizontal">
              <Button formAction="none" variant="link" onClick={onClose}>
                {say("cancel")}
              </Button>
              <Button variant="primary" loading={change.isPending} disabled={flaws.size > 0}>
                {say("edit.save")}
              </Button>
            </SpaceBetween>
          }
        >
          <SpaceBetween size="m">
            {change.error !== null && <Alert type="error">{change.error.message}</Alert>}
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
          </SpaceBetween>
        </Form>
      </form>
    </Modal>
  );
}
