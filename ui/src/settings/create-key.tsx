import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import type { Wire } from "../api/client.ts";
import { keys } from "../api/keys.ts";
import { useMessages } from "../i18n/messages.ts";
import { LIFETIME_NAMES, LIFETIMES, SCOPES, type Lifetime } from "./credentials.ts";
import { settingsMessages } from "./messages.ts";
import { NewKey } from "./new-key.tsx";
import { createKey } from "./queries.ts";

/** A new key: its name, what it may do, for how long; then the key itself, once. */
export function CreateKey({ onClose }: { onClose: () => void }) {
  const say = useMessages(settingsMessages);
  const client = useQueryClient();
  const creating = useMutation({
    mutationFn: createKey,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.apiKeys }),
  });
  return (
    <Modal
      visible
      header={creating.data === undefined ? say("keys.new.title") : say("keys.new.done")}
      onDismiss={onClose}
    >
      {creating.data === undefined ? (
        <KeyForm isBusy={creating.isPending} problem={creating.error} onSubmit={creating.mutate} onClose={onClose} />
      ) : (
        <NewKey secret={creating.data.key} onClose={onClose} />
      )}
    </Modal>
  );
}

interface KeyFormProps {
  isBusy: boolean;
  problem: Error | null;
  onSubmit: (key: Wire["ApiKeyCreate"]) => void;
  onClose: () => void;
}

function KeyForm({ isBusy, problem, onSubmit, onClose }: KeyFormProps) {
  const say = useMessages(settingsMessages);
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Wire["Scope"][]>(["read"]);
  const [lifetime, setLifetime] = useState<Lifetime>("quarter");
  const [isTried, setIsTried] = useState(false);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setIsTried(true);
    if (name.trim() === "" || scopes.length === 0) return;
    onSubmit({ name: name.trim(), scopes: [...scopes], expiresInSeconds: LIFETIMES[lifetime] });
  };
  return (
    <form onSubmit={submit}>
      <Form
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button formAction="none" variant="link" onClick={onClose}>
              {say("cancel")}
            </Button>
            <Button variant="primary" loading={isBusy}>
              {say("keys.new.submit")}
            </Button>
          </SpaceBetween>
        }
      >
        <SpaceBetween size="m">
          {problem !== null && <Alert type="error">{problem.message}</Alert>}
          <FormField
            label={say("keys.name")}
            description={say("keys.name.hint")}
            errorText={isTried && name.trim() === "" ? say("keys.name.missing") : ""}
          >
            <Input value={name} autoFocus onChange={({ detail }) => setName(detail.value)} />
          </FormField>
          <ScopesField scopes={scopes} isTried={isTried} onChange={setScopes} />
          <FormField label={say("keys.new.lifetime")}>
            <Select
              selectedOption={{ value: lifetime, label: say(`lifetime.${lifetime}`) }}
              options={LIFETIME_NAMES.map((value) => ({ value, label: say(`lifetime.${value}`) }))}
              onChange={({ detail }) =>
                setLifetime(LIFETIME_NAMES.find((value) => value === detail.selectedOption.value) ?? "quarter")
              }
            />
          </FormField>
        </SpaceBetween>
      </Form>
    </form>
  );
}

interface ScopesFieldProps {
  scopes: readonly Wire["Scope"][];
  isTried: boolean;
  onChange: (scopes: readonly Wire["Scope"][]) => void;
}

function ScopesField({ scopes, isTried, onChange }: ScopesFieldProps) {
  const say = useMessages(settingsMessages);
  return (
    <FormField label={say("keys.scopes")} errorText={isTried && scopes.length === 0 ? say("keys.scopes.missing") : ""}>
      <Box>
        {SCOPES.map((scope) => (
          <Checkbox
            key={scope}
            checked={scopes.includes(scope)}
            description={say(`scope.${scope}.hint`)}
            onChange={({ detail }) =>
              onChange(SCOPES.filter((known) => (known === scope ? detail.checked : scopes.includes(known))))
            }
          >
            {say(`scope.${scope}`)}
          </Checkbox>
        ))}
      </Box>
    </FormField>
  );
}
