import Link from "@cloudscape-design/components/link";
import type { TableProps } from "@cloudscape-design/components/table";
import type { useFollow } from "../../app/follow.ts";
import { formatQu, formatSeconds, formatTime } from "../../shared/format.ts";
import { amountColumn } from "../../shared/tables.tsx";
import type { Say } from "../messages.ts";
import type { InvoiceLine, Side } from "./queries.ts";

interface ColumnsGiven {
  say: Say;
  follow: ReturnType<typeof useFollow>;
  side: Side;
}

/** Columns of an invoice's lines. Only one's own job has a page to go to. */
export function invoiceColumns({ say, follow, side }: ColumnsGiven): TableProps.ColumnDefinition<InvoiceLine>[] {
  return [
    {
      id: "for",
      header: say("column.for"),
      isRowHeader: true,
      minWidth: 160,
      cell: (line) =>
        line.kind === "job" && side === "consumer" ? (
          <Link href={`/app/jobs/${line.id}/monitor`} onFollow={follow}>
            {line.name ?? line.id.slice(0, 8)}
          </Link>
        ) : (
          (line.name ?? line.id.slice(0, 8))
        ),
    },
    { id: "kind", header: say("column.kind"), cell: (line) => say(`hold.${line.kind}`), minWidth: 140 },
    { id: "paid", header: say("invoices.lastPaid"), cell: (line) => formatTime(line.lastPaidAt), minWidth: 150 },
    { id: "seconds", header: say("invoices.time"), cell: (line) => formatSeconds(line.seconds), minWidth: 110 },
    amountColumn("fee", say("invoices.fee"), ({ fee }) => formatQu(fee)),
    amountColumn("amount", say("column.amount"), ({ amount }) => formatQu(amount)),
  ];
}
