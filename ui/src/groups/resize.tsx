import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toasts } from "../app/toasts.ts";
import { useMessages } from "../i18n/messages.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import { MOST_WORKERS, readBounds, type Group } from "./groups.ts";
import { groupMessages } from "./messages.ts";
import { groupQuery, scale } from "./queries.ts";

/** Other bounds for a group's number of workers. */
export function Resize({ group, onClose }: { group: Group; onClose: () => void }) {
  const say = useMessages(groupMessages);
  const client = useQueryClient();
  const before = { minWorkers: group.minWorkers, maxWorkers: group.maxWorkers };
  const [typed, setTyped] = useState({ least: String(group.minWorkers), most: String(group.maxWorkers) });
  const bounds = readBounds(typed);
  const store = async (wanted: typeof before) => {
    client.setQueryData(groupQuery(group.id).queryKey, await scale(group.id, wanted));
  };
  const undo = () => {
    store(before).then(() => toasts.success(say("resize.done")), toasts.error);
  };
  const saving = useMutation({
    mutationFn: store,
    onSuccess: () => {
      toasts.success(say("resize.done"), { undo });
      onClose();
    },
  });
  return (
    <FormDialog
      title={say("resize.title")}
      submitLabel={say("resize.save")}
      cancelLabel={say("cancel")}
      isBusy={saving.isPending}
      problem={saving.error}
      onSubmit={() => bounds !== null && saving.mutate(bounds)}
      onClose={onClose}
    >
      <ColumnLayout columns={2}>
        {(["least", "most"] as const).map((name) => (
          <FormField key={name} label={say(`resize.${name}`)}>
            <Input
              value={typed[name]}
              inputMode="numeric"
              invalid={bounds === null}
              onChange={({ detail }) => setTyped({ ...typed, [name]: detail.value })}
            />
          </FormField>
        ))}
      </ColumnLayout>
      {bounds === null && <FormField errorText={say("resize.wrong", { most: MOST_WORKERS })} />}
    </FormDialog>
  );
}
