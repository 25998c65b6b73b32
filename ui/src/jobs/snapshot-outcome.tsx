import LiveRegion from "@cloudscape-design/components/live-region";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useQuery } from "@tanstack/react-query";
import { useMessages } from "../i18n/messages.ts";
import { formatMoment } from "./format.ts";
import { jobsMessages } from "./messages.ts";
import { snapshotQuery } from "./queries.ts";

const TYPES = { PENDING: "pending", STORED: "success", FAILED: "error" } as const;

/** What becomes of the snapshot that was asked for here. */
export function SnapshotOutcome({ jobId }: { jobId: string }) {
  const say = useMessages(jobsMessages);
  const { data } = useQuery(snapshotQuery(jobId));
  return (
    <LiveRegion>
      {data !== undefined && (
        <StatusIndicator type={TYPES[data.status]}>
          {say(`snapshot.${data.status}`, { time: formatMoment(data.at), why: data.why ?? "" })}
        </StatusIndicator>
      )}
    </LiveRegion>
  );
}
