import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import Toggle from "@cloudscape-design/components/toggle";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useFollow } from "../app/follow.ts";
import { Page } from "../app/page.tsx";
import { useMessages } from "../i18n/messages.ts";
import { Watched } from "../jobs/watched.tsx";
import { formatQu, formatTime } from "../shared/format.ts";
import { paged } from "../shared/tables.tsx";
import { doneOf, GROUP_LOOKS, type Group } from "./groups.ts";
import { groupMessages, type Say } from "./messages.ts";
import { groupsQuery } from "./queries.ts";

/** The user's groups, live. */
export function Component() {
  const say = useMessages(groupMessages);
  const follow = useFollow();
  const [page, setPage] = useState(1);
  const [withEnded, setWithEnded] = useState(false);
  const { data, isPending, error } = useQuery(groupsQuery(page, { withEnded }));
  if (error !== null && data === undefined) throw error;
  const groups = data?.items ?? [];
  return (
    <Page title={say("title")} description={say("description")}>
      <Table
        header={
          <>
            <Header counter={data ? `(${data.total})` : ""}>{say("groups")}</Header>
            {groups
              .filter(({ status }) => status !== "ENDED")
              .map(({ id }) => (
                <Watched key={id} topic={`group:${id}`} />
              ))}
          </>
        }
        filter={
          <Toggle
            checked={withEnded}
            onChange={({ detail }) => {
              setWithEnded(detail.checked);
              setPage(1);
            }}
          >
            {say("withEnded")}
          </Toggle>
        }
        {...paged({ page, total: data?.total ?? 0, label: say("pages"), onPage: setPage })}
        columnDefinitions={columns(say, follow)}
        items={groups}
        trackBy="id"
        loading={isPending}
        loadingText={say("loading")}
        empty={
          <Box textAlign="center" padding="l">
            <Box variant="strong">{say("empty")}</Box>
            <Box variant="p">{say("empty.hint")}</Box>
          </Box>
        }
      />
    </Page>
  );
}

function columns(say: Say, follow: ReturnType<typeof useFollow>): TableProps.ColumnDefinition<Group>[] {
  return [
    {
      id: "name",
      header: say("column.name"),
      isRowHeader: true,
      minWidth: 150,
      cell: ({ id, name }) => (
        <Link href={`/app/groups/${id}`} onFollow={follow}>
          {name}
        </Link>
      ),
    },
    {
      id: "status",
      header: say("column.status"),
      cell: ({ status }) => <StatusIndicator type={GROUP_LOOKS[status]}>{say(`status.${status}`)}</StatusIndicator>,
      minWidth: 130,
    },
    { id: "workers", header: say("column.workers"), cell: (group) => workersOf(group, say), minWidth: 130 },
    { id: "items", header: say("column.items"), cell: (group) => say("itemsOf", doneOf(group)), minWidth: 130 },
    { id: "cost", header: say("column.cost"), cell: ({ costSoFar }) => formatQu(costSoFar), minWidth: 130 },
    { id: "created", header: say("column.created"), cell: ({ createdAt }) => formatTime(createdAt), minWidth: 150 },
  ];
}

const workersOf = ({ workers, minWorkers, maxWorkers }: Group, say: Say) =>
  say("workersOf", { workers, least: minWorkers, most: maxWorkers });
