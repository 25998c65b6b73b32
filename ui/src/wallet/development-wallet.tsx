import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMessages } from "../i18n/messages.ts";
import { CardSkeleton } from "../shared/skeletons.tsx";
import { walletMessages } from "./messages.ts";
import { developmentWalletsQuery } from "./queries.ts";
import { developmentSigner } from "./signers.ts";
import type { WayProps } from "./way.ts";

/** Sign in with one of a devnet's wallets; named as what it is. */
export function DevelopmentWallet({ isBusy, onSign }: WayProps) {
  const say = useMessages(walletMessages);
  const { data: wallets } = useQuery(developmentWalletsQuery);
  const [number, setNumber] = useState(0);
  const wallet = wallets?.find((one) => one.number === number) ?? wallets?.[0];
  if (wallets === undefined || wallet === undefined) return <CardSkeleton />;
  const options = wallets.map((one) => ({
    value: String(one.number),
    label: say("devnet.option", { number: one.number + 1 }),
    description: one.qubicAddress,
  }));
  return (
    <Container header={<Header variant="h2">{say("devnet.title")}</Header>}>
      <SpaceBetween size="s">
        <Box>{say("devnet.hint")}</Box>
        <FormField label={say("devnet.wallet")} stretch>
          <Select
            options={options}
            selectedOption={options.find((option) => option.value === String(wallet.number)) ?? null}
            onChange={({ detail }) => setNumber(Number(detail.selectedOption.value))}
          />
        </FormField>
        <Button variant="primary" loading={isBusy} onClick={() => onSign(developmentSigner(wallet))}>
          {say("devnet.action")}
        </Button>
      </SpaceBetween>
    </Container>
  );
}
