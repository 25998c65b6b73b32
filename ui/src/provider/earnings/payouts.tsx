import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import type { Wire } from "../../api/client.ts";
import { hasPage } from "../../app/features.ts";
import { useFollow } from "../../app/follow.ts";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu, formatTime } from "../../shared/format.ts";
import { earningsMessages } from "./messages.ts";
import { payoutsQuery } from "./queries.ts";

const LOOKS: Record<Wire["WithdrawalStatus"], StatusIndicatorProps.Type> = {
  QUEUED: "pending",
  SENT: "in-progress",
  DELAYED: "warning",
  CONFIRMED: "success",
  RETURNED: "stopped",
};

/** The newest withdrawals; they are made where the caller's money is. */
export function Payouts() {
  const say = useMessages(earningsMessages);
  const follow = useFollow();
  const { data, isPending, error } = useQuery(payoutsQuery);
  if (error !== null && data === undefined) return <Alert type="error">{error.message}</Alert>;
  return (
    <Table
      header={
        <Header
          variant="h2"
          counter={data === undefined ? "" : `(${data.total})`}
          description={say("payouts.description")}
          actions={
            hasPage("billing") && (
              <Button href="/app/billing" onFollow={follow}>
                {say("payouts.open")}
              </Button>
            )
          }
        >
          {say("payouts")}
        </Header>
      }
      columnDefinitions={[
        { id: "time", header: say("column.time"), isRowHeader: true, cell: (payout) => formatTime(payout.createdAt) },
        { id: "amount", header: say("column.amount"), cell: (payout) => formatQu(payout.amount) },
        {
          id: "to",
          header: say("column.to"),
          cell: (payout) => (
            <Box variant="code">
              <span title={payout.address}>{`${payout.address.slice(0, 8)}…${payout.address.slice(-6)}`}</span>
            </Box>
          ),
        },
        {
          id: "state",
          header: say("column.state"),
          cell: (payout) => (
            <StatusIndicator type={LOOKS[payout.status]}>{say(`payout.${payout.status}`)}</StatusIndicator>
          ),
        },
      ]}
      items={data?.items ?? []}
      trackBy="id"
      loading={isPending}
      loadingText={say("loading")}
      empty={
        <Box textAlign="center" padding="l">
          <Box variant="strong">{say("payouts.empty")}</Box>
          <Box variant="p">{say("payouts.empty.hint")}</Box>
        </Box>
      }
    />
  );
}
