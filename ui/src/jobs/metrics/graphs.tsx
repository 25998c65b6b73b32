import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useMessages } from "../../i18n/messages.ts";
import { jobsMessages } from "../messages.ts";
import type { Monitor } from "../queries.ts";
import { isFinal } from "../status.ts";
import { Graph } from "./graph.tsx";
import { linesOf, MEASURES, span, within, type Sample } from "./series.ts";

const WINDOWS = { all: null, "300": 300, "60": 60 } as const;
type WindowId = keyof typeof WINDOWS;

/** What the job uses of its machine, over time. */
export function Graphs({ monitor }: { monitor: Monitor }) {
  const say = useMessages(jobsMessages);
  const [held, setHeld] = useState<readonly Sample[] | null>(null);
  const [shown, setShown] = useState<WindowId>("all");
  const samples = within(held ?? monitor.metrics, WINDOWS[shown]);
  const time = span(samples);
  const measured = MEASURES.map((measure) => ({ measure, lines: linesOf(samples, measure) })).filter(
    ({ lines }) => lines.length > 0,
  );
  if (time === null) {
    return (
      <Box textAlign="center" padding="l" color="text-body-secondary">
        {say(isFinal(monitor.job.status) ? "graph.none" : "graph.notYet")}
      </Box>
    );
  }
  return (
    <SpaceBetween size="l">
      <SpaceBetween size="s" direction="horizontal" alignItems="center">
        <SegmentedControl
          selectedId={shown}
          label={say("graph.window")}
          options={(Object.keys(WINDOWS) as WindowId[]).map((id) => ({ id, text: say(`graph.window.${id}`) }))}
          onChange={({ detail }) => setShown(detail.selectedId as WindowId)}
        />
        {!isFinal(monitor.job.status) && (
          <Button
            iconName={held === null ? "pause" : "play"}
            onClick={() => setHeld(held === null ? monitor.metrics : null)}
          >
            {say(held === null ? "graph.pause" : "graph.resume")}
          </Button>
        )}
      </SpaceBetween>
      <ColumnLayout columns={2} minColumnWidth={320}>
        {measured.map(({ measure, lines }) => (
          <Graph key={measure} measure={measure} lines={lines} time={time} />
        ))}
      </ColumnLayout>
    </SpaceBetween>
  );
}
