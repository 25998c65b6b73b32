import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useFollow } from "../app/follow.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatTime } from "../shared/format.ts";
import { ITEM_LOOKS, ITEM_STATUSES, shownData, shownName, type Item, type ItemStatus } from "./groups.ts";
import { groupMessages, type Say } from "./messages.ts";
import { itemsQuery } from "./queries.ts";

const LONGEST_SHOWN = 80;

/** What a group has to do, and what came of it; some at a time. */
export function Items({ groupId }: { groupId: string }) {
  const say = useMessages(groupMessages);
  const follow = useFollow();
  const [after, setAfter] = useState(0);
  const [status, setStatus] = useState<ItemStatus | null>(null);
  const { data, isPending, error } = useQuery(itemsQuery(groupId, after, status === null ? [] : [status]));
  if (error !== null && data === undefined) throw error;
  const { shown, hasNext } = data ?? { shown: [], hasNext: false };
  const options = [
    { value: "", label: say("items.all") },
    ...ITEM_STATUSES.map((value) => ({ value, label: say(`item.${value}`) })),
  ];
  return (
    <Table
      header={
        <Header
          actions={
            <SpaceBetween size="xs" direction="horizontal">
              <Button disabled={after === 0} onClick={() => setAfter(0)}>
                {say("items.first")}
              </Button>
              <Button disabled={!hasNext} onClick={() => setAfter(shown.at(-1)?.id ?? 0)}>
                {say("items.next")}
              </Button>
            </SpaceBetween>
          }
        >
          {say("items")}
        </Header>
      }
      filter={
        <Select
          options={options}
          selectedOption={options.find(({ value }) => value === (status ?? "")) ?? null}
          ariaLabel={say("column.status")}
          onChange={({ detail }) => {
            setStatus(ITEM_STATUSES.find((one) => one === detail.selectedOption.value) ?? null);
            setAfter(0);
          }}
        />
      }
      columnDefinitions={columns(say, follow)}
      items={shown}
      trackBy={({ id }) => String(id)}
      loading={isPending}
      loadingText={say("loading")}
      empty={<Box textAlign="center">{say("items.empty")}</Box>}
    />
  );
}

function columns(say: Say, follow: ReturnType<typeof useFollow>): TableProps.ColumnDefinition<Item>[] {
  const short = (text: string) => (text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text);
  return [
    { id: "name", header: say("column.item"), cell: ({ name }) => shownName(name), isRowHeader: true, minWidth: 120 },
    {
      id: "status",
      header: say("column.status"),
      cell: ({ status }) => <StatusIndicator type={ITEM_LOOKS[status]}>{say(`item.${status}`)}</StatusIndicator>,
      minWidth: 120,
    },
    { id: "data", header: say("column.data"), cell: ({ data }) => short(shownData(data)), minWidth: 160 },
    {
      id: "result",
      header: say("column.result"),
      cell: ({ error, result }) => (error === null ? (result === null ? "–" : short(shownData(result))) : short(error)),
      minWidth: 160,
    },
    { id: "tries", header: say("column.tries"), cell: ({ tries }) => tries, minWidth: 80 },
    {
      id: "worker",
      header: say("column.worker"),
      cell: ({ jobId }) =>
        jobId === null ? (
          "–"
        ) : (
          <Link href={`/app/jobs/${jobId}/monitor`} onFollow={follow}>
            {jobId.slice(0, 8)}
          </Link>
        ),
      minWidth: 110,
    },
    {
      id: "ended",
      header: say("column.ended"),
      cell: ({ endedAt }) => (endedAt === null ? "–" : formatTime(endedAt)),
      minWidth: 150,
    },
  ];
}
