import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { hasPage } from "../../app/features.ts";
import { useFollow } from "../../app/follow.ts";
import { Identity } from "../../billing/identity.tsx";
import { withdrawalsQuery } from "../../billing/withdrawals/queries.ts";
import { WithdrawalState } from "../../billing/withdrawals/withdrawal-state.tsx";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu, formatTime } from "../../shared/format.ts";
import { earningsMessages } from "./messages.ts";

const SHOWN = 10;

/** The newest withdrawals; they are made where the caller's money is. */
export function Payouts() {
  const say = useMessages(earningsMessages);
  const follow = useFollow();
  const { data, isPending, error } = useQuery(withdrawalsQuery(1));
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
          cell: (payout) => <Identity of={payout.address} />,
        },
        {
          id: "state",
          header: say("column.state"),
          cell: (payout) => <WithdrawalState withdrawal={payout} />,
        },
      ]}
      items={data?.items.slice(0, SHOWN) ?? []}
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
