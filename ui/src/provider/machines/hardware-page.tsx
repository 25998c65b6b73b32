import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Cards from "@cloudscape-design/components/cards";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import { useQuery } from "@tanstack/react-query";
import { useTopic } from "../../api/hooks.ts";
import { useFollow } from "../../app/follow.ts";
import { Page } from "../../app/page.tsx";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu } from "../../shared/format.ts";
import { myMachinesQuery, type Machine } from "../queries.ts";
import { Gauges } from "./gauges.tsx";
import { MachineActions } from "./machine-actions.tsx";
import { CurrentJob, hardwareLine, MachineStateCell, SimulatedBadge } from "./machine-parts.tsx";
import { machinesMessages } from "./messages.ts";
import { useReadings } from "./use-readings.ts";

/** The caller's machines, live: what they do, what they are used for, what they cost. */
export function Component() {
  const say = useMessages(machinesMessages);
  const follow = useFollow();
  const { data, isPending, error } = useQuery(myMachinesQuery);
  useTopic("marketplace");
  if (error !== null && data === undefined) throw error;
  return (
    <Page
      title={say("title")}
      description={say("description")}
      actions={
        data !== undefined &&
        data.length > 0 && (
          <Button variant="primary" href="/app/provider/register" onFollow={follow}>
            {say("add")}
          </Button>
        )
      }
    >
      <Cards<Machine>
        items={data ?? []}
        trackBy="id"
        loading={isPending}
        loadingText={say("loading")}
        header={<Header counter={data === undefined ? "" : `(${data.length})`}>{say("machines")}</Header>}
        cardsPerRow={[{ cards: 1 }, { minWidth: 900, cards: 2 }, { minWidth: 1900, cards: 3 }]}
        cardDefinition={{
          header: (machine) => (
            <>
              <Link href={`/app/provider/hardware/${machine.id}`} onFollow={follow} fontSize="heading-m">
                {machine.name}
              </Link>{" "}
              <SimulatedBadge machine={machine} />
              {machine.name !== machine.workerId && (
                <Box variant="small" display="block">
                  {machine.workerId}
                </Box>
              )}
            </>
          ),
          // The first one is as wide as its card: Cloudscape sets what stands beside it lower.
          sections: [
            { id: "hardware", header: say("column.hardware"), content: (machine) => hardwareLine(machine, say) },
            {
              id: "state",
              header: say("column.state"),
              width: 50,
              content: (machine) => <MachineStateCell machine={machine} />,
            },
            {
              id: "price",
              header: say("column.price"),
              width: 50,
              content: (machine) => formatQu(machine.pricePerHour),
            },
            { id: "use", header: say("column.use"), content: (machine) => <LiveGauges machine={machine} /> },
            {
              id: "job",
              header: say("column.job"),
              width: 50,
              content: (machine) => <CurrentJob id={machine.currentJobId} />,
            },
            {
              id: "earned",
              header: say("column.earned"),
              width: 50,
              content: (machine) => formatQu(machine.totalEarnings ?? 0),
            },
            { id: "actions", content: (machine) => <MachineActions machine={machine} /> },
          ],
        }}
        empty={<Nothing />}
      />
    </Page>
  );
}

function LiveGauges({ machine }: { machine: Machine }) {
  return <Gauges machine={machine} readings={useReadings(machine)} />;
}

function Nothing() {
  const say = useMessages(machinesMessages);
  const follow = useFollow();
  return (
    <Box textAlign="center" padding="l">
      <Box variant="strong">{say("empty")}</Box>
      <Box variant="p">{say("empty.hint")}</Box>
      <Button variant="primary" href="/app/provider/register" onFollow={follow}>
        {say("empty.add")}
      </Button>
    </Box>
  );
}
