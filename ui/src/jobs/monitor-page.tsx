import Button from "@cloudscape-design/components/button";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery } from "@tanstack/react-query";
import { useParams, useSearchParams } from "react-router";
import { useTopic } from "../api/hooks.ts";
import { useFollow } from "../app/follow.ts";
import { Page } from "../app/page.tsx";
import { useMessages } from "../i18n/messages.ts";
import { CardSkeleton } from "../shared/skeletons.tsx";
import { JobActions } from "./actions/job-actions.tsx";
import { Artifacts } from "./artifacts/artifacts.tsx";
import { Attempts } from "./attempts.tsx";
import { Checkpoints } from "./checkpoints.tsx";
import { Connection } from "./connection.tsx";
import { LogView } from "./logs/log-view.tsx";
import { jobsMessages } from "./messages.ts";
import { Graphs } from "./metrics/graphs.tsx";
import { Overview } from "./overview.tsx";
import { monitorQuery, type Monitor } from "./queries.ts";
import { ReceiptView } from "./receipt/receipt-view.tsx";
import { Timeline } from "./timeline-view.tsx";
import { Waiting } from "./waiting.tsx";

const TABS = ["logs", "graphs", "events", "attempts", "artifacts", "checkpoints", "receipt", "connect"] as const;
type Tab = (typeof TABS)[number];

/** One job, live: how far it is, what it costs, what it says, what it leaves. */
export function Component() {
  const { id = "" } = useParams();
  const say = useMessages(jobsMessages);
  const { data, error, dataUpdatedAt } = useQuery(monitorQuery(id));
  useTopic(`job:${id}`);
  if (error !== null && data === undefined) throw error;
  if (data === undefined) return <Loading title={say("monitor")} />;
  return <MonitorPage monitor={data} toldAt={dataUpdatedAt} />;
}

function Loading({ title }: { title: string }) {
  return (
    <Page title={title}>
      <CardSkeleton lines={4} />
      <CardSkeleton lines={10} />
    </Page>
  );
}

function MonitorPage({ monitor, toldAt }: { monitor: Monitor; toldAt: number }) {
  const say = useMessages(jobsMessages);
  const follow = useFollow();
  return (
    <Page
      title={monitor.job.name}
      description={
        <Button variant="inline-link" wrapText={false} iconName="angle-left" href="/app/jobs" onFollow={follow}>
          {say("allJobs")}
        </Button>
      }
      actions={<JobActions monitor={monitor} />}
    >
      <Overview monitor={monitor} toldAt={toldAt} />
      {monitor.why !== null && monitor.job.status === "PENDING" && <Waiting job={monitor.job} why={monitor.why} />}
      <Parts monitor={monitor} />
    </Page>
  );
}

function Parts({ monitor }: { monitor: Monitor }) {
  const say = useMessages(jobsMessages);
  const [params, setParams] = useSearchParams();
  const active = TABS.find((tab) => tab === params.get("tab")) ?? "logs";
  const content: Record<Tab, () => React.ReactNode> = {
    logs: () => <LogView job={monitor.job} />,
    graphs: () => <Graphs monitor={monitor} />,
    events: () => <Timeline monitor={monitor} />,
    attempts: () => <Attempts attempts={monitor.attempts} />,
    artifacts: () => <Artifacts job={monitor.job} />,
    checkpoints: () => <Checkpoints monitor={monitor} />,
    receipt: () => <ReceiptView job={monitor.job} />,
    connect: () => <Connection job={monitor.job} />,
  };
  return (
    <Tabs
      activeTabId={active}
      ariaLabel={say("parts")}
      onChange={({ detail }) => setParams({ tab: detail.activeTabId }, { replace: true })}
      tabs={TABS.map((id) => ({ id, label: say(`tab.${id}`), content: id === active ? content[id]() : null }))}
    />
  );
}
