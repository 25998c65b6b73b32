import FormField from "@cloudscape-design/components/form-field";
import Textarea from "@cloudscape-design/components/textarea";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../api/keys.ts";
import { toasts } from "../app/toasts.ts";
import { useMessages } from "../i18n/messages.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import type { Group } from "./groups.ts";
import { groupMessages } from "./messages.ts";
import { MOST_ITEMS, readItems, type Flaw } from "./new-items.ts";
import { push } from "./queries.ts";

/** More items for the end of a group's queue. */
export function AddItems({ group, onClose }: { group: Group; onClose: () => void }) {
  const say = useMessages(groupMessages);
  const client = useQueryClient();
  const [text, setText] = useState("");
  const [isTried, setIsTried] = useState(false);
  const { items, flaw } = readItems(text);
  const adding = useMutation({
    mutationFn: (wanted: NonNullable<typeof items>) => push(group.id, wanted),
    onSuccess: async ({ added }) => {
      toasts.success(say("add.done", { count: added }));
      onClose();
      await client.invalidateQueries({ queryKey: keys.groups });
    },
  });
  const submit = () => {
    setIsTried(true);
    if (items !== null) adding.mutate(items);
  };
  const told = (found: Flaw) =>
    found.kind === "count" ? say("add.count", { most: MOST_ITEMS }) : say(`add.${found.kind}`, { line: found.line });
  return (
    <FormDialog
      title={say("add")}
      submitLabel={say("add")}
      cancelLabel={say("cancel")}
      isBusy={adding.isPending}
      problem={adding.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <FormField
        label={say("add.label")}
        description={say("add.hint", { most: MOST_ITEMS })}
        errorText={isTried && flaw !== null ? told(flaw) : undefined}
      >
        <Textarea
          value={text}
          rows={8}
          spellcheck={false}
          placeholder={'{"seed": 1}\n{"seed": 2}'}
          onChange={({ detail }) => setText(detail.value)}
        />
      </FormField>
    </FormDialog>
  );
}
