import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { keys } from "../../api/keys.ts";
import { useSession } from "../../app/session.ts";
import { toasts } from "../../app/toasts.ts";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu, formatWhole } from "../../shared/format.ts";
import { wholeNumber } from "../../shared/numbers.ts";
import { developmentWalletsQuery } from "../../wallet/queries.ts";
import { billingMessages } from "../messages.ts";
import { payFromDevelopmentWallet } from "./queries.ts";

/** On a devnet: pays the deposit from one of its wallets, whose seeds everybody knows. */
export function DevelopmentPayment() {
  const say = useMessages(billingMessages);
  const client = useQueryClient();
  const { user } = useSession();
  const { data: wallets = [] } = useQuery(developmentWalletsQuery);
  const [chosen, setChosen] = useState<number | null>(null);
  const [typed, setTyped] = useState("1000000");
  const amount = wholeNumber(typed, { least: 1 });
  const wallet =
    wallets.find(({ number, qubicAddress }) =>
      chosen === null ? qubicAddress === user?.qubicAddress : number === chosen,
    ) ?? wallets[0];
  const pay = useMutation({
    mutationFn: ({ number, sum }: { number: number; sum: number }) => payFromDevelopmentWallet(number, sum),
    onSuccess: async (payment) => {
      toasts.success(say("devnet.paid", { amount: formatQu(payment.amount), tick: formatWhole(payment.tick) }));
      await client.invalidateQueries({ queryKey: keys.cash });
    },
  });
  const options = wallets.map(({ number, qubicAddress }) => ({
    value: String(number),
    label: say("devnet.option", { number: number + 1 }),
    description: qubicAddress,
  }));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (amount !== null && wallet !== undefined) pay.mutate({ number: wallet.number, sum: amount });
  };
  return (
    <form onSubmit={submit}>
      <Container header={<Header description={say("devnet.hint")}>{say("devnet.title")}</Header>}>
        <Form actions={<Button loading={pay.isPending}>{say("devnet.pay")}</Button>}>
          <SpaceBetween size="m">
            {pay.error !== null && <Alert type="error">{pay.error.message}</Alert>}
            <ColumnLayout columns={2} minColumnWidth={220}>
              <FormField label={say("devnet.wallet")}>
                <Select
                  options={options}
                  selectedOption={options.find(({ value }) => value === String(wallet?.number)) ?? null}
                  onChange={({ detail }) => setChosen(Number(detail.selectedOption.value))}
                />
              </FormField>
              <FormField label={say("amount.label")} errorText={amount === null ? say("amount.needed") : undefined}>
                <Input value={typed} inputMode="numeric" onChange={({ detail }) => setTyped(detail.value)} />
              </FormField>
            </ColumnLayout>
          </SpaceBetween>
        </Form>
      </Container>
    </form>
  );
}
