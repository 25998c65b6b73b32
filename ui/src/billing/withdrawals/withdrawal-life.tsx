import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import LiveRegion from "@cloudscape-design/components/live-region";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Steps from "@cloudscape-design/components/steps";
import { useQuery } from "@tanstack/react-query";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu, formatTime, formatWhole } from "../../shared/format.ts";
import { CardSkeleton } from "../../shared/skeletons.tsx";
import { Identity } from "../identity.tsx";
import { billingMessages, type Say } from "../messages.ts";
import { withdrawalQuery } from "./queries.ts";
import { isOver, lifeOf, type LifeStep, type Withdrawal } from "./withdrawal.ts";

/** A withdrawal step by step, live. */
export function WithdrawalLife({ id, onClose }: { id: string; onClose: () => void }) {
  const say = useMessages(billingMessages);
  const { data: withdrawal, error } = useQuery(withdrawalQuery(id));
  return (
    <Modal
      visible
      header={say("withdrawal.title")}
      closeAriaLabel={say("close")}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <Button onClick={onClose}>{say("close")}</Button>
        </Box>
      }
    >
      {error !== null && withdrawal === undefined && <Alert type="error">{error.message}</Alert>}
      {error === null && withdrawal === undefined && <CardSkeleton />}
      {withdrawal !== undefined && <Life withdrawal={withdrawal} say={say} />}
    </Modal>
  );
}

function Life({ withdrawal, say }: { withdrawal: Withdrawal; say: Say }) {
  return (
    <SpaceBetween size="l">
      <KeyValuePairs
        columns={2}
        minColumnWidth={190}
        items={[
          { label: say("column.amount"), value: formatQu(withdrawal.amount) },
          { label: say("withdrawals.to"), value: <Identity of={withdrawal.address} /> },
          ...(withdrawal.hash === null
            ? []
            : [{ label: say("withdrawal.transaction"), value: <Identity of={withdrawal.hash} /> }]),
        ]}
      />
      {withdrawal.reason !== null && (
        <Alert type={isOver(withdrawal.status) ? "info" : "warning"}>{withdrawal.reason}</Alert>
      )}
      <Steps
        ariaLabel={say("withdrawals.life")}
        steps={lifeOf(withdrawal).map((step) => ({
          status: step.look,
          statusIconAriaLabel: say(step.at === null ? "step.coming" : "step.done"),
          header: say(`withdrawal.${step.status}`),
          details: detailsOf(step, say),
        }))}
      />
      <LiveRegion hidden>{say(`withdrawal.${withdrawal.status}`)}</LiveRegion>
    </SpaceBetween>
  );
}

function detailsOf({ status, at, tick, reason }: LifeStep, say: Say): string {
  if (at === null) return say(`withdrawal.${status}.hint`);
  return [
    formatTime(at),
    ...(tick === null ? [] : [say("tick", { tick: formatWhole(tick) })]),
    ...(reason === null ? [] : [reason]),
  ].join(" · ");
}
