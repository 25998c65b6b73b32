import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import LiveRegion from "@cloudscape-design/components/live-region";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Page } from "../../app/page.tsx";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu, formatTime, formatWhole } from "../../shared/format.ts";
import { amountColumn, paged, useColumns } from "../../shared/tables.tsx";
import { platformQuery } from "../../wallet/queries.ts";
import { Identity } from "../identity.tsx";
import { billingMessages, type Say } from "../messages.ts";
import { DepositAddress } from "./deposit-address.tsx";
import { DevelopmentPayment } from "./development-payment.tsx";
import { depositsQuery, type Deposit } from "./queries.ts";

const NEEDED = 3;

/** Where deposits go, and what came in, its confirmations ticking. */
export function Component() {
  const say = useMessages(billingMessages);
  const columnDefinitions = useColumns(columns(say), ["amount", "status"]);
  const [page, setPage] = useState(1);
  const { data: platform } = useQuery(platformQuery);
  const { data, isPending, error } = useQuery(depositsQuery(page));
  if (error !== null && data === undefined) throw error;
  const deposits = data?.items ?? [];
  const coming = deposits.find((deposit) => !deposit.credited);
  return (
    <Page title={say("deposits.title")} description={say("deposits.description")}>
      <DepositAddress />
      {platform?.chain === "devnet" && <DevelopmentPayment />}
      <Table
        header={
          <>
            <Header counter={data ? `(${data.total})` : ""}>{say("deposits.table")}</Header>
            <LiveRegion hidden>
              {coming === undefined ? "" : `${formatQu(coming.amount)}: ${confirmed(coming, say)}`}
            </LiveRegion>
          </>
        }
        columnDefinitions={columnDefinitions}
        items={deposits}
        trackBy="id"
        loading={isPending}
        loadingText={say("loading")}
        {...paged({ page, total: data?.total ?? 0, label: say("deposits.pages"), onPage: setPage })}
        empty={<Box textAlign="center">{say("deposits.empty")}</Box>}
      />
    </Page>
  );
}

const confirmed = (deposit: Deposit, say: Say) =>
  say("deposits.confirmations", { count: deposit.confirmations, needed: NEEDED });

function columns(say: Say): TableProps.ColumnDefinition<Deposit>[] {
  return [
    { id: "time", header: say("column.time"), cell: (deposit) => formatTime(deposit.seenAt), minWidth: 150 },
    {
      id: "status",
      header: say("column.status"),
      cell: (deposit) => <Status deposit={deposit} say={say} />,
      minWidth: 190,
    },
    { id: "from", header: say("deposits.from"), cell: (deposit) => <Identity of={deposit.source} />, minWidth: 180 },
    { id: "tick", header: say("column.tick"), cell: (deposit) => formatWhole(deposit.tick), minWidth: 110 },
    { ...amountColumn<Deposit>("amount", say("column.amount"), ({ amount }) => formatQu(amount)), isRowHeader: true },
  ];
}

function Status({ deposit, say }: { deposit: Deposit; say: Say }) {
  if (deposit.credited) return <StatusIndicator type="success">{say("deposits.credited")}</StatusIndicator>;
  return (
    <ProgressBar
      value={(deposit.confirmations / NEEDED) * 100}
      ariaLabel={say("deposits.progress")}
      additionalInfo={confirmed(deposit, say)}
    />
  );
}
