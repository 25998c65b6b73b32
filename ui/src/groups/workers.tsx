import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useFollow } from "../app/follow.ts";
import { useMessages } from "../i18n/messages.ts";
import { JobState } from "../jobs/job-state.tsx";
import { formatTime } from "../shared/format.ts";
import { paged } from "../shared/tables.tsx";
import { groupMessages } from "./messages.ts";
import { workersQuery } from "./queries.ts";

/** The jobs that are a group's workers, newest first. */
export function Workers({ groupId }: { groupId: string }) {
  const say = useMessages(groupMessages);
  const follow = useFollow();
  const [page, setPage] = useState(1);
  const { data, isPending, error } = useQuery(workersQuery(groupId, page));
  if (error !== null && data === undefined) throw error;
  return (
    <Table
      header={<Header counter={data ? `(${data.total})` : ""}>{say("workers")}</Header>}
      {...paged({ page, total: data?.total ?? 0, label: say("workers.pages"), onPage: setPage })}
      columnDefinitions={[
        {
          id: "job",
          header: say("column.job"),
          isRowHeader: true,
          minWidth: 150,
          cell: (job) => (
            <Link href={`/app/jobs/${job.id}/monitor`} onFollow={follow}>
              {job.name}
            </Link>
          ),
        },
        { id: "status", header: say("column.status"), cell: (job) => <JobState job={job} />, minWidth: 130 },
        {
          id: "progress",
          header: say("column.progress"),
          cell: (job) => <ProgressBar value={job.progress} ariaLabel={`${say("column.progress")}: ${job.name}`} />,
          minWidth: 140,
        },
        { id: "machine", header: say("column.machine"), cell: (job) => job.workerId ?? "–", minWidth: 130 },
        {
          id: "created",
          header: say("column.created"),
          cell: (job) => formatTime(job.createdAt),
          minWidth: 150,
        },
      ]}
      items={data?.items ?? []}
      trackBy="id"
      loading={isPending}
      loadingText={say("loading")}
      empty={<Box textAlign="center">{say("workers.empty")}</Box>}
    />
  );
}
