import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import { useState } from "react";
import { useMessages } from "../../i18n/messages.ts";
import { FormDialog } from "../../shared/form-dialog.tsx";
import { wholeNumber } from "../../shared/numbers.ts";
import { formatMoment } from "../format.ts";
import { jobsMessages } from "../messages.ts";
import type { Monitor } from "../queries.ts";
import { useClone } from "./use-actions.ts";

const FROM_START = "start";

interface CloneDialogProps {
  monitor: Monitor;
  /** Where to go on from; null chooses the newest, as the platform does. */
  checkpointId: string | null;
  onClose: () => void;
}

/** A new job like an old one: what is to be different is asked for, what was typed stays where it is refused. */
export function CloneDialog({ monitor: { job, checkpoints }, checkpointId, onClose }: CloneDialogProps) {
  const say = useMessages(jobsMessages);
  const clone = useClone(job);
  const [name, setName] = useState(job.name);
  const [price, setPrice] = useState(String(job.maxPrice));
  const [minutes, setMinutes] = useState(String(Math.ceil(job.timeLimitSeconds / 60)));
  const [from, setFrom] = useState(checkpointId ?? checkpoints.find((one) => !one.isSnapshot)?.id ?? FROM_START);
  const options = [
    { value: FROM_START, label: say("clone.fromStart") },
    ...checkpoints.map((one) => ({
      value: one.id,
      label: say(one.isSnapshot ? "clone.fromSnapshot" : "clone.from", { time: formatMoment(one.takenAt) }),
    })),
  ];
  const maxPrice = wholeNumber(price, { least: 0 });
  const limit = wholeNumber(minutes, { least: 1 });
  const isComplete = name.trim() !== "" && maxPrice !== null && limit !== null;
  const submit = () => {
    if (!isComplete) return;
    const start = from === FROM_START ? { fromStart: true } : { fromStart: false, checkpointId: from };
    clone.mutate({ ...start, name: name.trim(), maxPrice, timeLimitSeconds: limit * 60 }, { onSuccess: onClose });
  };
  return (
    <FormDialog
      title={say("clone.title", { name: job.name })}
      submitLabel={say("clone.submit")}
      cancelLabel={say("dismiss")}
      isBusy={clone.isPending}
      isComplete={isComplete}
      problem={clone.error}
      onSubmit={submit}
      onClose={onClose}
    >
      {checkpoints.length === 0 && <Alert type="info">{say("clone.nothingSaved")}</Alert>}
      <FormField label={say("column.name")}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <FormField label={say("clone.beginsWith")}>
        <Select
          selectedOption={options.find((option) => option.value === from) ?? null}
          options={options}
          onChange={({ detail }) => setFrom(detail.selectedOption.value ?? FROM_START)}
        />
      </FormField>
      <FormField label={say("maxPrice")} errorText={maxPrice === null ? say("wholeNumber") : undefined}>
        <Input value={price} inputMode="numeric" onChange={({ detail }) => setPrice(detail.value)} />
      </FormField>
      <FormField label={say("limitMinutes")} errorText={limit === null ? say("wholeNumber") : undefined}>
        <Input value={minutes} inputMode="numeric" onChange={({ detail }) => setMinutes(detail.value)} />
      </FormField>
    </FormDialog>
  );
}
