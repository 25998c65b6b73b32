import Box from "@cloudscape-design/components/box";
import Table from "@cloudscape-design/components/table";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { useMessages } from "../i18n/messages.ts";
import { formatMoment } from "./format.ts";
import { jobsMessages } from "./messages.ts";
import type { Monitor } from "./queries.ts";
import { timelineOf, type Happening } from "./timeline.ts";

const LOOKS: Record<Happening["kind"], StatusIndicatorProps.Type> = {
  created: "info",
  waits: "warning",
  assigned: "pending",
  standsBy: "info",
  ready: "info",
  started: "in-progress",
  resumed: "in-progress",
  checkpoint: "success",
  attemptEnded: "stopped",
  completed: "success",
  failed: "error",
  cancelled: "stopped",
};

/** What happened to a job, the newest first. */
export function Timeline({ monitor }: { monitor: Monitor }) {
  const say = useMessages(jobsMessages);
  const happenings = timelineOf(monitor).map((happening, place) => ({ ...happening, place }));
  return (
    <Table
      variant="embedded"
      trackBy="place"
      items={happenings}
      ariaLabels={{ tableLabel: say("tab.events") }}
      columnDefinitions={[
        { id: "at", header: say("column.time"), cell: (one) => formatMoment(one.at), width: 200, minWidth: 170 },
        {
          id: "what",
          header: say("column.event"),
          isRowHeader: true,
          minWidth: 300,
          cell: (one) => <StatusIndicator type={LOOKS[one.kind]}>{sentence(one, say)}</StatusIndicator>,
        },
        {
          id: "detail",
          header: say("column.detail"),
          minWidth: 140,
          cell: (one) => <Box variant="span">{detailOf(one, say)}</Box>,
        },
      ]}
      wrapLines
    />
  );
}

type Say = typeof jobsMessages.say;

function sentence({ kind, attempt, worker }: Happening, say: Say): string {
  return say(`event.${kind}`, { attempt: attempt ?? "", worker: worker ?? "" });
}

function detailOf({ cause, detail }: Happening, say: Say): string {
  const told = cause === undefined ? [] : [say(`cause.${cause}`)];
  return [...told, ...(detail === undefined ? [] : [detail])].join(": ") || "–";
}
