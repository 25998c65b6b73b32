import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import { useMessages } from "../../i18n/messages.ts";
import { formatNumber, formatQu, formatSeconds, formatShare, formatTime, formatWhole } from "../../shared/format.ts";
import type { Machine } from "../queries.ts";
import { CurrentJob, hardwareLine, MachineStateCell, SimulatedBadge } from "./machine-parts.tsx";
import { machinesMessages } from "./messages.ts";

/** What a machine is and does, in facts. */
export function MachineOverview({ machine }: { machine: Machine }) {
  const say = useMessages(machinesMessages);
  const { benchmark } = machine;
  return (
    <Container header={<Header variant="h2">{say("overview")}</Header>}>
      <KeyValuePairs
        columns={4}
        minColumnWidth={180}
        items={[
          { label: say("column.state"), value: <State machine={machine} /> },
          { label: say("column.price"), value: formatQu(machine.pricePerHour) },
          { label: say("column.earned"), value: formatQu(machine.totalEarnings ?? 0) },
          { label: say("column.job"), value: <CurrentJob id={machine.currentJobId} /> },
          { label: say("column.hardware"), value: hardwareLine(machine, say) },
          {
            label: say("fact.benchmark"),
            value:
              benchmark === null
                ? say("unknown")
                : say("fact.benchmark.value", {
                    value: formatNumber(benchmark.fp32Tflops, benchmark.fp32Tflops < 1 ? 3 : 1),
                    engine: benchmark.engine,
                  }),
          },
          { label: say("fact.place"), value: machine.location ?? say("unknown") },
          { label: say("fact.isolation"), value: machine.isolationLevel },
          { label: say("fact.reliability"), value: formatShare(machine.reliability) },
          { label: say("fact.jobs"), value: formatWhole(machine.totalJobs) },
          { label: say("fact.uptime"), value: formatSeconds(machine.uptimeSeconds) },
          {
            label: say("fact.lastHeard"),
            value: machine.lastHeartbeat === null ? say("unknown") : formatTime(machine.lastHeartbeat),
          },
          { label: say("fact.id"), value: <span style={{ overflowWrap: "anywhere" }}>{machine.workerId}</span> },
          { label: say("fact.trust"), value: say(`trust.${machine.trust}`) },
        ]}
      />
    </Container>
  );
}

function State({ machine }: { machine: Machine }) {
  return (
    <>
      <MachineStateCell machine={machine} /> <SimulatedBadge machine={machine} />
    </>
  );
}
