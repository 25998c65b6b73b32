import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useFollow } from "../../app/follow.ts";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu, formatSeconds, formatTime } from "../../shared/format.ts";
import { useNow } from "../../shared/now.ts";
import { paged } from "../../shared/tables.tsx";
import { machineJobsQuery, type MachineJob } from "../queries.ts";
import { secondsRun } from "./duration.ts";
import { historyMessages } from "./messages.ts";

type Say = typeof historyMessages.say;

const LOOKS: Record<MachineJob["status"], StatusIndicatorProps.Type> = {
  ASSIGNED: "pending",
  RUNNING: "in-progress",
  COMPLETED: "success",
  FAILED: "error",
  CANCELLED: "stopped",
  LOST: "warning",
};

/** What ran on one machine, or on all of the caller's where none is named, with what each earned. */
export function JobHistory({ machine }: { machine: string | null }) {
  const say = useMessages(historyMessages);
  const follow = useFollow();
  const [page, setPage] = useState(1);
  const { data, isPending, error } = useQuery(machineJobsQuery(machine, page));
  if (error !== null && data === undefined) return <Alert type="error">{error.message}</Alert>;
  return (
    <Table
      header={
        <Header variant="h2" counter={data === undefined ? "" : `(${data.total})`}>
          {say("title")}
        </Header>
      }
      {...paged({ page, total: data?.total ?? 0, label: say("pages"), onPage: setPage })}
      columnDefinitions={columns(say, machine === null, follow)}
      items={data?.items ?? []}
      trackBy="attemptId"
      loading={isPending}
      loadingText={say("loading")}
      empty={
        <Box textAlign="center" padding="l">
          <Box variant="strong">{say("empty")}</Box>
          <Box variant="p">{say("empty.hint")}</Box>
        </Box>
      }
    />
  );
}

function columns(
  say: Say,
  hasMachine: boolean,
  follow: ReturnType<typeof useFollow>,
): TableProps.ColumnDefinition<MachineJob>[] {
  const machine: TableProps.ColumnDefinition<MachineJob> = {
    id: "machine",
    header: say("column.machine"),
    cell: (job) => (
      <Link href={`/app/provider/hardware/${job.providerId}`} onFollow={follow}>
        {job.machine}
      </Link>
    ),
  };
  return [
    {
      id: "job",
      header: say("column.job"),
      isRowHeader: true,
      cell: (job) => (
        <Box variant="code">
          <span title={job.jobId}>{job.jobId.slice(0, 8)}</span>
        </Box>
      ),
    },
    ...(hasMachine ? [machine] : []),
    {
      id: "state",
      header: say("column.state"),
      cell: (job) => (
        <StatusIndicator type={LOOKS[job.status]}>
          {say(job.isStandby ? "standby" : `state.${job.status}`)}
        </StatusIndicator>
      ),
    },
    { id: "began", header: say("column.began"), cell: (job) => formatTime(job.startedAt ?? job.createdAt) },
    { id: "ran", header: say("column.ran"), cell: (job) => <Duration job={job} /> },
    { id: "price", header: say("column.price"), cell: (job) => formatQu(job.pricePerHour) },
    {
      id: "earned",
      header: say("column.earned"),
      cell: (job) => (job.endedAt === null ? say("running") : formatQu(job.earned)),
    },
  ];
}

/** Counts on while the job runs. */
function Duration({ job }: { job: MachineJob }) {
  const now = useNow(job.startedAt !== null && job.endedAt === null);
  const seconds = secondsRun(job, now);
  return seconds === null ? "–" : formatSeconds(seconds);
}
