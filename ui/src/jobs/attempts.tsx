import Box from "@cloudscape-design/components/box";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useMessages } from "../i18n/messages.ts";
import { formatQu, formatSeconds } from "../shared/format.ts";
import { formatMoment } from "./format.ts";
import { AttemptState } from "./job-state.tsx";
import { jobsMessages } from "./messages.ts";
import type { Monitor } from "./queries.ts";

type Attempt = Monitor["attempts"][number];

/** On which machines a job was tried, and how it went from one to the next. */
export function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  const say = useMessages(jobsMessages);
  return (
    <Table
      variant="embedded"
      trackBy="id"
      wrapLines
      items={attempts}
      ariaLabels={{ tableLabel: say("tab.attempts") }}
      columnDefinitions={columns(say)}
      empty={<Box textAlign="center">{say("attempts.none")}</Box>}
    />
  );
}

function columns(say: typeof jobsMessages.say): TableProps.ColumnDefinition<Attempt>[] {
  return [
    { id: "number", header: say("column.attempt"), isRowHeader: true, cell: (one) => nameOf(one, say) },
    { id: "status", header: say("column.status"), minWidth: 140, cell: (one) => <AttemptState status={one.status} /> },
    { id: "machine", header: say("column.machine"), minWidth: 130, cell: (one) => one.workerId },
    { id: "gpus", header: say("column.gpus"), minWidth: 100, cell: gpusOf },
    { id: "started", header: say("column.started"), minWidth: 130, cell: (one) => momentOf(one.startedAt) },
    { id: "ended", header: say("column.ended"), minWidth: 130, cell: (one) => momentOf(one.endedAt) },
    { id: "billed", header: say("column.billed"), cell: (one) => formatSeconds(one.billableSeconds) },
    { id: "cost", header: say("column.cost"), cell: (one) => formatQu(one.cost) },
    { id: "end", header: say("column.detail"), minWidth: 160, cell: (one) => reasonOf(one, say) },
  ];
}

function nameOf(attempt: Attempt, say: typeof jobsMessages.say): string {
  const name = attempt.rank > 0 ? `${attempt.number} · ${say("rank", { rank: attempt.rank })}` : `${attempt.number}`;
  return attempt.isStandby ? `${name} · ${say("standby")}` : name;
}

function gpusOf({ gpus }: Attempt): string {
  if (gpus.length === 0) return "–";
  return gpus.map((gpu) => (gpu.milli < 1000 ? `${gpu.model} (${gpu.milli / 10} %)` : gpu.model)).join(", ");
}

const momentOf = (at: string | null) => (at === null ? "–" : formatMoment(at));

function reasonOf(attempt: Attempt, say: typeof jobsMessages.say): string {
  const parts = [
    ...(attempt.resumedFrom === null ? [] : [say("resumed")]),
    ...(attempt.cause === null ? [] : [say(`cause.${attempt.cause}`)]),
    ...(attempt.exitCode === null || attempt.exitCode === 0 ? [] : [say("exitCode", { code: attempt.exitCode })]),
    ...(attempt.error === null ? [] : [attempt.error]),
  ];
  return parts.join(" · ") || "–";
}
