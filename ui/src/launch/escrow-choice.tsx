import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../api/client.ts";
import { toasts } from "../app/toasts.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatQu } from "../shared/format.ts";
import { EscrowProgress } from "./escrow-progress.tsx";
import type { StepProps } from "./launch-wizard.tsx";
import { launchMessages } from "./messages.ts";

/** What pays for the job: the balance, when it is created, or a transfer on the chain, which is confirmed before. */
export function EscrowChoice({ draft, change, amount }: StepProps & { amount: number | null }) {
  const say = useMessages(launchMessages);
  const [isOnChain, setIsOnChain] = useState(draft.escrowId !== null);
  const lock = useMutation({
    mutationFn: (held: number) =>
      call(api.POST("/api/qubic/escrow/lock", { body: { amount: held, source: "transfer" } })),
    onSuccess: (escrow) => change({ type: "filled", fields: { escrowId: escrow.escrowId } }),
  });
  const giveBack = useMutation({
    mutationFn: (escrowId: string) => call(api.POST("/api/qubic/escrow/refund", { body: { escrowId } })),
    onError: (problem) => toasts.error(problem),
  });
  const choose = (wanted: "balance" | "chain") => {
    setIsOnChain(wanted === "chain");
    if (wanted === "chain" || draft.escrowId === null) return;
    giveBack.mutate(draft.escrowId);
    change({ type: "filled", fields: { escrowId: null } });
  };
  return (
    <Container header={<Header variant="h2">{say("payment")}</Header>}>
      <SpaceBetween size="m">
        <Tiles
          value={isOnChain ? "chain" : "balance"}
          ariaLabel={say("payment")}
          onChange={({ detail }) => choose(detail.value === "chain" ? "chain" : "balance")}
          items={[
            { value: "balance", label: say("payment.balance"), description: say("payment.balance.hint") },
            { value: "chain", label: say("payment.chain"), description: say("payment.chain.hint") },
          ]}
        />
        {lock.error !== null && <Alert type="error">{lock.error.message}</Alert>}
        {isOnChain && draft.escrowId === null && amount !== null && (
          <Button loading={lock.isPending} onClick={() => lock.mutate(amount)}>
            {say("payment.lock", { amount: formatQu(amount) })}
          </Button>
        )}
        {isOnChain && draft.escrowId !== null && <EscrowProgress escrowId={draft.escrowId} />}
      </SpaceBetween>
    </Container>
  );
}
