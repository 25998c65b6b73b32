import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import LiveRegion from "@cloudscape-design/components/live-region";
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
import { confirmed, DepositState } from "./deposit-state.tsx";
import { depositAddressQuery, depositsQuery, type Deposit } from "./queries.ts";

/** Where deposits go, and what came in, its confirmations ticking. */
export function Component() {
  const say = useMessages(billingMessages);
  const [page, setPage] = useState(1);
  const { data: address } = useQuery(depositAddressQuery);
  const needed = address?.confirmationsNeeded;
  const columnDefinitions = useColumns(columns(needed, say), ["amount", "status"]);
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
              {coming === undefined || needed === undefined
                ? ""
                : `${formatQu(coming.amount)}: ${confirmed(coming, needed, say)}`}
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

function columns(needed: number | undefined, say: Say): TableProps.ColumnDefinition<Deposit>[] {
  return [
    { id: "time", header: say("column.time"), cell: (deposit) => formatTime(deposit.seenAt), minWidth: 150 },
    {
      id: "status",
      header: say("column.status"),
      cell: (deposit) => <DepositState deposit={deposit} needed={needed} />,
      minWidth: 190,
    },
    { id: "from", header: say("deposits.from"), cell: (deposit) => <Identity of={deposit.source} />, minWidth: 180 },
    { id: "tick", header: say("column.tick"), cell: (deposit) => formatWhole(deposit.tick), minWidth: 110 },
    { ...amountColumn<Deposit>("amount", say("column.amount"), ({ amount }) => formatQu(amount)), isRowHeader: true },
  ];
}
