import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";
import type { TableProps } from "@cloudscape-design/components/table";
import { useFollow } from "../app/follow.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatQu, formatTime } from "../shared/format.ts";
import { amountColumn, useColumns } from "../shared/tables.tsx";
import { shortIdentity, signedQu } from "./amounts.ts";
import { english } from "./messages.en.ts";
import { billingMessages, type Say } from "./messages.ts";
import type { StatementLine } from "./queries.ts";

/** Columns of a statement's lines. */
export function useMovementColumns(): readonly TableProps.ColumnDefinition<StatementLine>[] {
  return useColumns(movementColumns(useMessages(billingMessages)), ["movement", "amount"]);
}

function movementColumns(say: Say): TableProps.ColumnDefinition<StatementLine>[] {
  return [
    { id: "time", header: say("column.time"), cell: (line) => formatTime(line.at), minWidth: 150 },
    {
      id: "movement",
      header: say("column.movement"),
      cell: (line) => causeOf(line.cause, say),
      isRowHeader: true,
      minWidth: 160,
    },
    { id: "for", header: say("column.for"), cell: (line) => <Subject line={line} say={say} />, minWidth: 140 },
    amountColumn("amount", say("column.amount"), ({ amount }) => (
      <Box variant="span" color={amount > 0 ? "text-status-success" : "inherit"}>
        {signedQu(amount)}
      </Box>
    )),
    amountColumn("balance", say("column.balance"), ({ balance }) => formatQu(balance)),
  ];
}

/** Why money moved, in words; a cause that this console does not know yet as the books call it. */
export function causeOf(cause: string, say: Say): string {
  const key = `cause.${cause}`;
  return key in english ? say(key as "cause.DEPOSIT") : cause;
}

function Subject({ line, say }: { line: StatementLine; say: Say }) {
  const follow = useFollow();
  const id = line.ref.slice(0, 8);
  switch (line.subject) {
    case "job": {
      // Only one's own job has a page; one that paid for a machine of ours is somebody else's.
      if (line.cause === "EARNING") return say("subject.job", { id });
      return (
        <Link href={`/app/jobs/${line.ref}/monitor`} onFollow={follow}>
          {line.name ?? say("subject.job", { id })}
        </Link>
      );
    }
    case "escrow":
      return say("subject.escrow", { id });
    case "reservation":
      return say("subject.reservation", { name: line.name ?? id });
    case "withdrawal":
      return say("subject.withdrawal", { name: shortIdentity(line.name ?? "") });
    default:
      return "–";
  }
}
