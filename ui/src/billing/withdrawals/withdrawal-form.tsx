import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { keys } from "../../api/keys.ts";
import { toasts } from "../../app/toasts.ts";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu } from "../../shared/format.ts";
import { TypedConfirmation } from "../../shared/typed-confirmation.tsx";
import "../billing.css";
import { billingMessages } from "../messages.ts";
import { newKey, withdraw } from "./queries.ts";
import { confirmationOf, readWithdrawal, type Typed } from "./withdrawal.ts";

interface WithdrawalFormProps {
  available: number;
  wallet: string | null;
  onMade: (id: string) => void;
}

const NOTHING: Typed = { amount: "", address: "" };

/** How much goes where; asked twice, since the chain gives nothing back. */
export function WithdrawalForm({ available, wallet, onMade }: WithdrawalFormProps) {
  const say = useMessages(billingMessages);
  const client = useQueryClient();
  const [typed, setTyped] = useState<Typed>(NOTHING);
  const [key, setKey] = useState(newKey);
  const [isTried, setIsTried] = useState(false);
  const [isAsking, setIsAsking] = useState(false);
  const reading = readWithdrawal(typed, available);
  const fill = (changed: Partial<Typed>) => {
    setTyped({ ...typed, ...changed });
    setKey(newKey()); // another withdrawal than the one that may have been sent
  };
  const sending = useMutation({
    mutationFn: (wanted: NonNullable<typeof reading.wanted>) => withdraw(wanted, key),
    onSuccess: async (made) => {
      toasts.success(say("withdrawal.made", { amount: formatQu(made.amount) }));
      fill(NOTHING);
      setIsTried(false);
      setIsAsking(false);
      onMade(made.id);
      await Promise.all([keys.cash, keys.me].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
    onError: () => setIsAsking(false),
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setIsTried(true);
    setIsAsking(reading.wanted !== null);
  };
  const flaw = (name: "amount" | "address") => {
    const found = isTried ? reading[name] : null;
    return found === null ? undefined : say(`withdrawal.${found}`, { available: formatQu(available) });
  };
  return (
    <form onSubmit={submit}>
      <Container header={<Header>{say("withdrawal.new")}</Header>}>
        <Form actions={<Button variant="primary">{say("withdrawal.submit")}</Button>}>
          <SpaceBetween size="m">
            {sending.error !== null && <Alert type="error">{sending.error.message}</Alert>}
            <FormField
              label={say("amount.label")}
              description={say("withdrawal.limit", { available: formatQu(available) })}
              errorText={flaw("amount")}
              secondaryControl={
                <Button formAction="none" onClick={() => fill({ amount: String(available) })}>
                  {say("withdrawal.all")}
                </Button>
              }
            >
              <Input
                value={typed.amount}
                inputMode="numeric"
                autoComplete={false}
                onChange={({ detail }) => fill({ amount: detail.value })}
              />
            </FormField>
            <FormField
              label={say("withdrawal.address")}
              description={say("withdrawal.address.hint")}
              errorText={flaw("address")}
              {...(wallet !== null && {
                secondaryControl: (
                  <Button formAction="none" onClick={() => fill({ address: wallet })}>
                    {say("withdrawal.mine")}
                  </Button>
                ),
              })}
            >
              <Input
                value={typed.address}
                autoComplete={false}
                spellcheck={false}
                onChange={({ detail }) => fill({ address: detail.value })}
              />
            </FormField>
          </SpaceBetween>
        </Form>
      </Container>
      {isAsking && reading.wanted !== null && (
        <Confirmation
          wanted={reading.wanted}
          available={available}
          isBusy={sending.isPending}
          onConfirm={sending.mutate}
          onDismiss={() => setIsAsking(false)}
        />
      )}
    </form>
  );
}

interface Wanted {
  amount: number;
  address: string;
}

interface ConfirmationProps {
  wanted: Wanted;
  available: number;
  isBusy: boolean;
  onConfirm: (wanted: Wanted) => void;
  onDismiss: () => void;
}

function Confirmation({ wanted, available, isBusy, onConfirm, onDismiss }: ConfirmationProps) {
  const say = useMessages(billingMessages);
  const word = confirmationOf(wanted.address);
  return (
    <TypedConfirmation
      title={say("withdrawal.confirm.title", { amount: formatQu(wanted.amount) })}
      word={word}
      wordLabel={say("withdrawal.confirm.type", { word })}
      confirmLabel={say("withdrawal.confirm")}
      dismissLabel={say("cancel")}
      isBusy={isBusy}
      onConfirm={() => onConfirm(wanted)}
      onDismiss={onDismiss}
    >
      <KeyValuePairs
        columns={1}
        items={[
          { label: say("withdrawals.to"), value: <span className="identity">{wanted.address}</span> },
          { label: say("withdrawal.left"), value: formatQu(available - wanted.amount) },
        ]}
      />
      <Box>{say("withdrawal.confirm.hint")}</Box>
    </TypedConfirmation>
  );
}
