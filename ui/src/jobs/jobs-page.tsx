import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Multiselect from "@cloudscape-design/components/multiselect";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { useFollow } from "../app/follow.ts";
import { Page } from "../app/page.tsx";
import { useMessages } from "../i18n/messages.ts";
import { formatQu, formatTime } from "../shared/format.ts";
import { paged } from "../shared/tables.tsx";
import { JobState } from "./job-state.tsx";
import { jobsMessages } from "./messages.ts";
import { jobsQuery, type Job, type JobOrder, type JobStatus } from "./queries.ts";
import { isFinal, JOB_LOOKS } from "./status.ts";
import { Watched } from "./watched.tsx";

type Say = typeof jobsMessages.say;
const STATUSES = Object.keys(JOB_LOOKS) as JobStatus[];
const SORTED_BY: Record<string, "createdAt" | "name" | "status" | "cost"> = {
  name: "name",
  status: "status",
  cost: "cost",
  created: "createdAt",
};

/** The caller's jobs, live. */
export function Component() {
  const say = useMessages(jobsMessages);
  const follow = useFollow();
  const [search, setSearch] = useState("");
  const [statuses, setStatuses] = useState<readonly JobStatus[]>([]);
  const [page, setPage] = useState(1);
  const [sorting, setSorting] = useState<{ id: string; descending: boolean }>({ id: "created", descending: true });
  const sort = `${sorting.descending ? "-" : ""}${SORTED_BY[sorting.id] ?? "createdAt"}` as JobOrder;
  const asked = useDeferredValue(search);
  const { data, isPending, error } = useQuery({
    ...jobsQuery({ search: asked, statuses, sort, page }),
    placeholderData: keepPreviousData,
  });
  if (error !== null && data === undefined) throw error;
  const jobs = data?.items ?? [];
  const columnDefinitions = columns(say, follow);
  const sortingColumn = columnDefinitions.find((column) => column.id === sorting.id);
  const isFiltered = search !== "" || statuses.length > 0;
  return (
    <Page title={say("title")} description={say("description")} actions={<SubmitButton say={say} follow={follow} />}>
      {jobs
        .filter((job) => !isFinal(job.status))
        .map((job) => (
          <Watched key={job.id} topic={`job:${job.id}`} />
        ))}
      <Table
        header={
          <Header counter={data ? `(${data.total})` : ""} variant="h2">
            {say("jobs")}
          </Header>
        }
        filter={
          <SpaceBetween size="s" direction="horizontal">
            <TextFilter
              filteringText={search}
              filteringPlaceholder={say("search")}
              filteringAriaLabel={say("search")}
              filteringClearAriaLabel={say("clear")}
              onChange={({ detail }) => {
                setSearch(detail.filteringText);
                setPage(1);
              }}
            />
            <Multiselect
              selectedOptions={statuses.map((status) => ({ value: status, label: say(`status.${status}`) }))}
              options={STATUSES.map((status) => ({ value: status, label: say(`status.${status}`) }))}
              placeholder={say("anyStatus")}
              ariaLabel={say("column.status")}
              hideTokens
              onChange={({ detail }) => {
                setStatuses(STATUSES.filter((one) => detail.selectedOptions.some(({ value }) => value === one)));
                setPage(1);
              }}
            />
          </SpaceBetween>
        }
        {...paged({ page, total: data?.total ?? 0, label: say("pages"), onPage: setPage })}
        columnDefinitions={columnDefinitions}
        items={jobs}
        loading={isPending}
        loadingText={say("loading")}
        trackBy="id"
        {...(sortingColumn === undefined ? {} : { sortingColumn })}
        sortingDescending={sorting.descending}
        onSortingChange={({ detail }) => {
          const id = columnDefinitions.find((one) => one.sortingField === detail.sortingColumn.sortingField)?.id;
          setSorting({ id: id ?? "created", descending: detail.isDescending ?? false });
        }}
        empty={<Nothing say={say} follow={follow} isFiltered={isFiltered} />}
      />
    </Page>
  );
}

function SubmitButton({ say, follow }: { say: Say; follow: ReturnType<typeof useFollow> }) {
  return (
    <Button variant="primary" href="/app/jobs/submit" onFollow={follow}>
      {say("submit")}
    </Button>
  );
}

function Nothing({ say, follow, isFiltered }: { say: Say; follow: ReturnType<typeof useFollow>; isFiltered: boolean }) {
  return (
    <Box textAlign="center" padding="l">
      <Box variant="strong">{say(isFiltered ? "empty.filtered" : "empty")}</Box>
      <Box variant="p">{say(isFiltered ? "empty.filtered.hint" : "empty.hint")}</Box>
      {!isFiltered && <SubmitButton say={say} follow={follow} />}
    </Box>
  );
}

function columns(say: Say, follow: ReturnType<typeof useFollow>): TableProps.ColumnDefinition<Job>[] {
  return [
    {
      id: "name",
      header: say("column.name"),
      isRowHeader: true,
      sortingField: "name",
      cell: (job) => (
        <Link href={`/app/jobs/${job.id}/monitor`} onFollow={follow}>
          {job.name}
        </Link>
      ),
    },
    { id: "status", header: say("column.status"), sortingField: "status", cell: (job) => <JobState job={job} /> },
    {
      id: "progress",
      header: say("column.progress"),
      minWidth: 140,
      cell: (job) => <ProgressBar value={job.progress} ariaLabel={`${say("column.progress")}: ${job.name}`} />,
    },
    { id: "machine", header: say("column.machine"), cell: (job) => job.workerId ?? "–" },
    { id: "cost", header: say("column.cost"), sortingField: "cost", cell: (job) => costOf(job, say) },
    { id: "created", header: say("column.created"), sortingField: "created", cell: (job) => formatTime(job.createdAt) },
  ];
}

function costOf(job: Job, say: Say): string {
  return job.actualCost === null ? say("about", { cost: formatQu(job.estimatedCost) }) : formatQu(job.actualCost);
}
