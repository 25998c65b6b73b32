import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { useMessages } from "../i18n/messages.ts";
import { formatBytes, formatWhole } from "../shared/format.ts";
import { CloneDialog } from "./actions/clone-dialog.tsx";
import { useCheckpoint, useSnapshot } from "./actions/use-actions.ts";
import { formatMoment } from "./format.ts";
import { jobsMessages } from "./messages.ts";
import type { Monitor } from "./queries.ts";
import { SnapshotOutcome } from "./snapshot-outcome.tsx";

/** What was saved of a job, each a place that a new job can go on from. */
export function Checkpoints({ monitor }: { monitor: Monitor }) {
  const say = useMessages(jobsMessages);
  const checkpoint = useCheckpoint(monitor.job);
  const snapshot = useSnapshot(monitor.job);
  const [from, setFrom] = useState<string | null>(null);
  return (
    <>
      {snapshot.isSuccess && <SnapshotOutcome jobId={monitor.job.id} />}
      <Table
        variant="embedded"
        trackBy="id"
        items={monitor.checkpoints}
        ariaLabels={{ tableLabel: say("tab.checkpoints") }}
        header={
          <Header
            variant="h3"
            actions={
              monitor.job.status === "RUNNING" && (
                <SpaceBetween size="xs" direction="horizontal">
                  <Button loading={snapshot.isPending} onClick={() => snapshot.mutate()}>
                    {say("snapshot.now")}
                  </Button>
                  <Button loading={checkpoint.isPending} onClick={() => checkpoint.mutate()}>
                    {say("checkpoint.now")}
                  </Button>
                </SpaceBetween>
              )
            }
          >
            {say("tab.checkpoints")}
          </Header>
        }
        columnDefinitions={[
          { id: "at", header: say("column.time"), isRowHeader: true, cell: (one) => formatMoment(one.takenAt) },
          {
            id: "kind",
            header: say("checkpoint.kind"),
            cell: (one) => say(one.isSnapshot ? "checkpoint.kind.snapshot" : "checkpoint.kind.checkpoint"),
          },
          { id: "attempt", header: say("column.attempt"), cell: (one) => one.attempt },
          { id: "files", header: say("column.files"), cell: (one) => formatWhole(one.files) },
          { id: "size", header: say("column.size"), cell: (one) => formatBytes(one.size) },
          {
            id: "clone",
            header: say("column.goOn"),
            cell: (one) => (
              <Button variant="inline-link" wrapText={false} onClick={() => setFrom(one.id)}>
                {say("checkpoint.clone")}
              </Button>
            ),
          },
        ]}
        empty={
          <Box textAlign="center" padding="l">
            <Box variant="strong">{say("checkpoint.none")}</Box>
            <Box variant="p">{say("checkpoint.none.hint")}</Box>
          </Box>
        }
      />
      {from !== null && <CloneDialog monitor={monitor} checkpointId={from} onClose={() => setFrom(null)} />}
    </>
  );
}
