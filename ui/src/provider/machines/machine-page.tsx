import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "react-router";
import { useTopic } from "../../api/hooks.ts";
import { useFollow } from "../../app/follow.ts";
import { Page } from "../../app/page.tsx";
import { useMessages } from "../../i18n/messages.ts";
import { CardSkeleton } from "../../shared/skeletons.tsx";
import { JobHistory } from "../history/job-history.tsx";
import { myMachinesQuery, type Machine } from "../queries.ts";
import { cardMemory, Gauges } from "./gauges.tsx";
import { Graphs } from "./graphs.tsx";
import { MachineActions } from "./machine-actions.tsx";
import { MachineOverview } from "./machine-overview.tsx";
import { machinesMessages } from "./messages.ts";
import { useReadings } from "./use-readings.ts";

/** One machine of the caller's: what it is, how busy it is, what it ran. */
export function Component() {
  const { id = "" } = useParams();
  const say = useMessages(machinesMessages);
  const { data, error } = useQuery(myMachinesQuery);
  useTopic("marketplace");
  if (error !== null && data === undefined) throw error;
  if (data === undefined) {
    return (
      <Page title={say("title")}>
        <CardSkeleton lines={6} />
      </Page>
    );
  }
  const machine = data.find((one) => one.id === id);
  return machine === undefined ? <Gone /> : <MachinePage machine={machine} />;
}

function MachinePage({ machine }: { machine: Machine }) {
  const say = useMessages(machinesMessages);
  const navigate = useNavigate();
  const readings = useReadings(machine);
  return (
    <Page
      title={machine.name}
      description={<BackToAll />}
      actions={<MachineActions machine={machine} onRemoved={() => void navigate("/app/provider/hardware")} />}
    >
      <MachineOverview machine={machine} />
      <Container header={<Header variant="h2">{say("use")}</Header>}>
        <Gauges machine={machine} readings={readings} />
      </Container>
      <Graphs readings={readings} cardMemoryMib={cardMemory(machine)} />
      <JobHistory machine={machine.id} />
    </Page>
  );
}

function BackToAll() {
  const say = useMessages(machinesMessages);
  const follow = useFollow();
  return (
    <Button
      variant="inline-link"
      wrapText={false}
      iconName="angle-left"
      href="/app/provider/hardware"
      onFollow={follow}
    >
      {say("all")}
    </Button>
  );
}

function Gone() {
  const say = useMessages(machinesMessages);
  return (
    <Page title={say("gone")} description={<BackToAll />}>
      <Box>{say("gone.hint")}</Box>
    </Page>
  );
}
