import "../shared/code.css";
import "./findings.css";
import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Skeleton from "@cloudscape-design/components/skeleton";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Wire } from "../api/client.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatMib } from "../shared/format.ts";
import { launchMessages } from "./messages.ts";

type Finding = Wire["Finding"];

/** What the work seems to need, each finding with the line that it rests on. */
export function Findings({ analysis, isPending }: { analysis: Wire["Analysis"] | null; isPending: boolean }) {
  const say = useMessages(launchMessages);
  return (
    <Container header={<Header variant="h2">{say("analysis")}</Header>}>
      <div aria-live="polite" aria-busy={isPending}>
        {isPending || analysis === null ? <Skeleton height="120px" /> : <Analysis analysis={analysis} />}
      </div>
    </Container>
  );
}

function Analysis({ analysis }: { analysis: Wire["Analysis"] }) {
  const say = useMessages(launchMessages);
  return (
    <SpaceBetween size="m">
      <KeyValuePairs
        columns={4}
        minColumnWidth={175}
        items={[
          { label: say("analysis.gpu"), value: say(analysis.needsGpu ? "analysis.gpu.yes" : "analysis.gpu.no") },
          {
            label: say("analysis.vram"),
            value: analysis.vramMib === null ? say("analysis.vram.unknown") : formatMib(analysis.vramMib),
          },
          { label: say("analysis.frameworks"), value: analysis.frameworks.join(", ") || "–" },
          { label: say("analysis.packages"), value: analysis.packages.join(", ") || "–" },
        ]}
      />
      {analysis.findings.length > 0 && (
        <ExpandableSection headerText={say("evidence", { count: analysis.findings.length })}>
          <SpaceBetween size="s">
            {analysis.findings.map((finding, place) => (
              <Evidence key={place} finding={finding} />
            ))}
          </SpaceBetween>
        </ExpandableSection>
      )}
    </SpaceBetween>
  );
}

function Evidence({ finding }: { finding: Finding }) {
  const say = useMessages(launchMessages);
  const { cell, line } = finding;
  const place = cell ? say("evidence.cell", { cell, line }) : say("evidence.line", { line });
  return (
    <div>
      <SpaceBetween size="xs" direction="horizontal">
        <Badge color={finding.kind === "warning" ? "severity-medium" : "blue"}>{say(`finding.${finding.kind}`)}</Badge>
        <Box>{finding.message}</Box>
      </SpaceBetween>
      <pre className="code code-ground evidence" tabIndex={0} aria-label={place}>
        <span className="code-margin evidence-place">{place}</span>
        {finding.code}
      </pre>
    </div>
  );
}
