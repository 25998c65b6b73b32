import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { useTopic } from "../api/hooks.ts";
import { useFollow } from "../app/follow.ts";
import { Page } from "../app/page.tsx";
import { useMessages } from "../i18n/messages.ts";
import { formatQu, formatSeconds, formatTime } from "../shared/format.ts";
import { CardSkeleton } from "../shared/skeletons.tsx";
import { GroupActions } from "./group-actions.tsx";
import { countOf, doneOf, GROUP_LOOKS, ITEM_STATUSES, type Group } from "./groups.ts";
import { Items } from "./items.tsx";
import { groupMessages, type Say } from "./messages.ts";
import { groupQuery } from "./queries.ts";
import { Workers } from "./workers.tsx";

/** One group, live: its workers, its items, and what it costs. */
export function Component() {
  const say = useMessages(groupMessages);
  const { id = "" } = useParams();
  const follow = useFollow();
  useTopic(`group:${id}`);
  const { data: group, error } = useQuery(groupQuery(id));
  if (error !== null && group === undefined) throw error;
  return (
    <Page
      title={group?.name ?? say("title")}
      description={
        <Button variant="inline-link" wrapText={false} iconName="angle-left" href="/app/groups" onFollow={follow}>
          {say("all")}
        </Button>
      }
      actions={group && <GroupActions group={group} />}
    >
      {group === undefined ? <CardSkeleton lines={5} /> : <Overview group={group} say={say} />}
      <Items groupId={id} />
      <Workers groupId={id} />
    </Page>
  );
}

function Overview({ group, say }: { group: Group; say: Say }) {
  const { ended, all } = doneOf(group);
  return (
    <SpaceBetween size="l">
      {group.obstacle !== null && (
        <Alert type="warning" header={say("obstacle")}>
          {group.obstacle}
        </Alert>
      )}
      <Container header={<Header>{say("overview")}</Header>}>
        <SpaceBetween size="l">
          <ProgressBar
            value={all === 0 ? 0 : Math.floor((ended / all) * 100)}
            label={say("items")}
            additionalInfo={ITEM_STATUSES.filter((status) => countOf(group, status) > 0)
              .map((status) => `${say(`item.${status}`)}: ${countOf(group, status)}`)
              .join(" · ")}
          />
          <KeyValuePairs columns={4} minColumnWidth={160} items={facts(group, say)} />
        </SpaceBetween>
      </Container>
    </SpaceBetween>
  );
}

function facts(group: Group, say: Say) {
  const bounds = { workers: group.workers, least: group.minWorkers, most: group.maxWorkers };
  return [
    {
      label: say("column.status"),
      value: <StatusIndicator type={GROUP_LOOKS[group.status]}>{say(`status.${group.status}`)}</StatusIndicator>,
    },
    { label: say("column.workers"), value: say("workersOf", bounds) },
    { label: say("leaving"), value: group.leaving },
    { label: say("itemsPerWorker"), value: group.itemsPerWorker },
    { label: say("column.cost"), value: formatQu(group.costSoFar) },
    { label: say("column.held"), value: formatQu(group.held) },
    { label: say("idle"), value: formatSeconds(group.idleSeconds) },
    { label: say("maxTries"), value: group.maxTries },
    { label: say("column.created"), value: formatTime(group.createdAt) },
    ...(group.endedAt === null ? [] : [{ label: say("column.ended"), value: formatTime(group.endedAt) }]),
  ];
}
