import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Page } from "../../app/page.tsx";
import { useSession } from "../../app/session.ts";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu, formatTime } from "../../shared/format.ts";
import { amountColumn, paged, useColumns } from "../../shared/tables.tsx";
import { Identity } from "../identity.tsx";
import { billingMessages, type Say } from "../messages.ts";
import { balanceQuery } from "../queries.ts";
import { Stopped } from "../stopped.tsx";
import { withdrawalsQuery } from "./queries.ts";
import type { Withdrawal } from "./withdrawal.ts";
import { WithdrawalForm } from "./withdrawal-form.tsx";
import { WithdrawalLife } from "./withdrawal-life.tsx";
import { WithdrawalState } from "./withdrawal-state.tsx";

/** Money on its way to a wallet: a form for more of it, and the life of each. */
export function Component() {
  const say = useMessages(billingMessages);
  const { user } = useSession();
  const [page, setPage] = useState(1);
  const [looking, setLooking] = useState<string | null>(null);
  const columnDefinitions = useColumns(columns(say, setLooking), ["amount", "status", "life"]);
  const { data, isPending, error } = useQuery(withdrawalsQuery(page));
  if (error !== null && data === undefined) throw error;
  if (user === null) return null;
  return (
    <Page title={say("withdrawals.title")} description={say("withdrawals.description")}>
      {user.qubicAddress !== null && <StoppedPayments address={user.qubicAddress} />}
      <WithdrawalForm available={user.balance} wallet={user.qubicAddress} onMade={setLooking} />
      <Table
        header={<Header counter={data ? `(${data.total})` : ""}>{say("withdrawals.table")}</Header>}
        columnDefinitions={columnDefinitions}
        items={data?.items ?? []}
        trackBy="id"
        loading={isPending}
        loadingText={say("loading")}
        {...paged({ page, total: data?.total ?? 0, label: say("withdrawals.pages"), onPage: setPage })}
        empty={<Box textAlign="center">{say("withdrawals.empty")}</Box>}
      />
      {looking !== null && <WithdrawalLife id={looking} onClose={() => setLooking(null)} />}
    </Page>
  );
}

function StoppedPayments({ address }: { address: string }) {
  const { data: balance } = useQuery(balanceQuery(address));
  return <Stopped reason={balance?.paymentsStopped ?? null} />;
}

function columns(say: Say, onLook: (id: string) => void): TableProps.ColumnDefinition<Withdrawal>[] {
  return [
    { id: "time", header: say("column.time"), cell: ({ createdAt }) => formatTime(createdAt), minWidth: 150 },
    {
      id: "status",
      header: say("column.status"),
      cell: (withdrawal) => <WithdrawalState withdrawal={withdrawal} />,
      minWidth: 150,
    },
    { id: "to", header: say("withdrawals.to"), cell: ({ address }) => <Identity of={address} />, minWidth: 180 },
    {
      id: "life",
      header: say("withdrawals.life"),
      cell: (withdrawal) => (
        <Button
          variant="inline-link"
          wrapText={false}
          ariaLabel={say("withdrawals.look.label", { amount: formatQu(withdrawal.amount) })}
          onClick={() => onLook(withdrawal.id)}
        >
          {say("withdrawals.look")}
        </Button>
      ),
      minWidth: 110,
    },
    {
      ...amountColumn<Withdrawal>("amount", say("column.amount"), ({ amount }) => formatQu(amount)),
      isRowHeader: true,
    },
  ];
}
