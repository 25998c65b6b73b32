import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toasts } from "../../app/toasts.ts";
import { useMessages } from "../../i18n/messages.ts";
import { FormDialog } from "../../shared/form-dialog.tsx";
import { billingMessages } from "../messages.ts";
import { FIGURES, isFlawed, NONE, readFigures, typedOf, type Figures, type Subject } from "./limits.ts";
import { limitsQuery, setLimits } from "./queries.ts";

/** The limits of somebody or something, to be changed. */
export function EditLimits({ subject, onClose }: { subject: Subject; onClose: () => void }) {
  const say = useMessages(billingMessages);
  const client = useQueryClient();
  const before: Figures = subject.limit ?? NONE;
  const [typed, setTyped] = useState(() => typedOf(before));
  const wanted = readFigures(typed);
  const store = async (figures: Figures) => {
    client.setQueryData(limitsQuery.queryKey, await setLimits(subject.keyId, figures));
  };
  const undo = () => {
    store(before).then(() => toasts.success(say("limits.undone")), toasts.error);
  };
  const saving = useMutation({
    mutationFn: store,
    onSuccess: () => {
      toasts.success(say("limits.saved"), { undo });
      onClose();
    },
  });
  const save = () => {
    if (wanted !== null) saving.mutate(wanted);
  };
  return (
    <FormDialog
      title={say("limits.edit.title", { name: subject.name })}
      submitLabel={say("limits.save")}
      cancelLabel={say("cancel")}
      isBusy={saving.isPending}
      problem={saving.error}
      onSubmit={save}
      onClose={onClose}
    >
      {FIGURES.map((figure) => (
        <FormField
          key={figure}
          label={say(`limits.${figure}`)}
          description={say(`limits.${figure}.hint`)}
          errorText={isFlawed(typed[figure]) ? say("amount.needed") : undefined}
        >
          <Input
            value={typed[figure]}
            inputMode="numeric"
            placeholder={say("limits.none")}
            onChange={({ detail }) => setTyped({ ...typed, [figure]: detail.value })}
          />
        </FormField>
      ))}
    </FormDialog>
  );
}
