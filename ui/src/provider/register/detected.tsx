import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Icon from "@cloudscape-design/components/icon";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Skeleton from "@cloudscape-design/components/skeleton";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Wire } from "../../api/client.ts";
import { useMessages } from "../../i18n/messages.ts";
import type { Adapter, Findings } from "./adapters.ts";
import { registerMessages } from "./messages.ts";
import { outcomeOf } from "./outcome.ts";
import { systemOf } from "./system.ts";

interface DetectedProps {
  findings: Findings | null;
  assessment: Wire["HardwareAssessment"] | null;
  /** Why there are no findings, or no assessment of them. */
  problem: Error | null;
}

/** What this browser sees of its machine, and what that amounts to. */
export function Detected({ findings, assessment, problem }: DetectedProps) {
  const say = useMessages(registerMessages);
  return (
    <Container
      header={
        <Header variant="h2" description={say("seen.description")}>
          {say("seen")}
        </Header>
      }
    >
      {findings !== null && <Seen findings={findings} />}
      {findings === null && problem === null && <Skeleton height="96px" />}
      <Box margin={{ top: "l" }}>
        {findings !== null && assessment !== null && <Outcome findings={findings} assessment={assessment} />}
        {problem !== null && (
          <Alert type="warning">
            {say(findings === null ? "seen.failed" : "outcome.failed", { problem: problem.message })}
          </Alert>
        )}
        {assessment === null && problem === null && <Skeleton height="64px" />}
      </Box>
    </Container>
  );
}

function Seen({ findings }: { findings: Findings }) {
  const say = useMessages(registerMessages);
  return (
    <KeyValuePairs
      columns={4}
      minColumnWidth={170}
      items={[
        { label: say("seen.webgpu"), value: <AdapterName adapter={findings.webgpu} /> },
        { label: say("seen.webgl"), value: <AdapterName adapter={findings.webgl} /> },
        { label: say("seen.system"), value: say(`system.${systemOf(findings.userAgent)}`) },
        { label: say("seen.cores"), value: findings.cores ?? say("seen.unknown") },
      ]}
    />
  );
}

function AdapterName({ adapter }: { adapter: Adapter | null }) {
  const say = useMessages(registerMessages);
  if (adapter === null) return <Box color="text-status-inactive">{say("seen.none")}</Box>;
  const words = [adapter.vendor, adapter.architecture].filter((word) => word !== "").join(" ");
  const name = adapter.name === "" ? words : adapter.name;
  return (
    <SpaceBetween size="xxs">
      <span style={{ overflowWrap: "anywhere" }}>{name === "" ? say("seen.unnamed") : name}</span>
      {adapter.isSoftware && (
        <Box color="text-status-warning">
          <Icon name="status-warning" /> {say("seen.software")}
        </Box>
      )}
    </SpaceBetween>
  );
}

function Outcome({ findings, assessment }: { findings: Findings; assessment: Wire["HardwareAssessment"] }) {
  const say = useMessages(registerMessages);
  const outcome = outcomeOf(systemOf(findings.userAgent), assessment);
  const title =
    outcome.kind === "gpu" ? say("outcome.gpu", { models: outcome.models }) : say(`outcome.${outcome.kind}`);
  return (
    <Alert type={outcome.kind === "gpu" ? "success" : "info"} header={title}>
      {say(`outcome.${outcome.kind}.hint`)}
    </Alert>
  );
}
