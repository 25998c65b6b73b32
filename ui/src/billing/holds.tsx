import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useFollow } from "../app/follow.ts";
import { useMessages } from "../i18n/messages.ts";
import { Watched } from "../jobs/watched.tsx";
import { formatQu, formatTime } from "../shared/format.ts";
import { amountColumn, paged, useColumns } from "../shared/tables.tsx";
import { english } from "./messages.en.ts";
import { billingMessages, type Say } from "./messages.ts";
import { holdsQuery, type Hold } from "./queries.ts";

/** Which job, escrow or reservation holds how much. */
export function Holds() {
  const say = useMessages(billingMessages);
  const follow = useFollow();
  const columnDefinitions = useColumns(columns(say, follow), ["for", "amount"]);
  const [page, setPage] = useState(1);
  const { data, isPending, error } = useQuery(holdsQuery(page));
  if (error !== null && data === undefined) throw error;
  const holds = data?.items ?? [];
  const total = data?.total ?? 0;
  return (
    <>
      {holds
        .filter((hold) => hold.kind === "job")
        .map((hold) => (
          <Watched key={hold.id} topic={`job:${hold.id}`} />
        ))}
      <Table
        header={
          <Header counter={data ? `(${total})` : ""} description={say("holds.description")}>
            {say("holds.title")}
          </Header>
        }
        columnDefinitions={columnDefinitions}
        items={holds}
        trackBy="id"
        loading={isPending}
        loadingText={say("loading")}
        {...paged({ page, total, label: say("holds.pages"), onPage: setPage })}
        empty={<Box textAlign="center">{say("holds.empty")}</Box>}
      />
    </>
  );
}

function columns(say: Say, follow: ReturnType<typeof useFollow>): TableProps.ColumnDefinition<Hold>[] {
  return [
    {
      id: "for",
      header: say("column.for"),
      isRowHeader: true,
      minWidth: 160,
      cell: (hold) =>
        hold.kind === "job" ? (
          <Link href={`/app/jobs/${hold.id}/monitor`} onFollow={follow}>
            {hold.name ?? hold.id.slice(0, 8)}
          </Link>
        ) : (
          (hold.name ?? hold.id.slice(0, 8))
        ),
    },
    { id: "kind", header: say("column.kind"), cell: (hold) => say(`hold.${hold.kind}`), minWidth: 140 },
    { id: "status", header: say("column.status"), cell: (hold) => statusOf(hold.status, say), minWidth: 110 },
    { id: "since", header: say("column.since"), cell: (hold) => formatTime(hold.since), minWidth: 150 },
    amountColumn("amount", say("column.amount"), ({ amount }) => formatQu(amount)),
  ];
}

function statusOf(status: string, say: Say): string {
  const key = `hold.status.${status}`;
  return key in english ? say(key as "hold.status.RUNNING") : status;
}
