import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useQuery } from "@tanstack/react-query";
import { useFollow } from "../../app/follow.ts";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu } from "../../shared/format.ts";
import { hardwareOf } from "../hardware-text.ts";
import { myMachinesQuery, newMachineQuery, type Machine } from "../queries.ts";
import { registerMessages } from "./messages.ts";

/** Watches for the machine that the invitation is for, until it is on the market. */
export function Arrival({ marker }: { marker: string }) {
  const { data: arrived = null } = useQuery(newMachineQuery(marker));
  return <div aria-live="polite">{arrived === null ? <Waiting /> : <Arrived arrived={arrived} />}</div>;
}

function Waiting() {
  const say = useMessages(registerMessages);
  return (
    <>
      <StatusIndicator type="in-progress">{say("waiting")}</StatusIndicator>
      <Box variant="small" display="block">
        {say("waiting.hint")}
      </Box>
    </>
  );
}

function Arrived({ arrived }: { arrived: Machine }) {
  const say = useMessages(registerMessages);
  const follow = useFollow();
  const { data: mine } = useQuery(myMachinesQuery);
  const machine = mine?.find(({ id }) => id === arrived.id) ?? arrived;
  const hardware = hardwareOf(machine) ?? say("arrived.cpu", { cores: machine.cpuCores });
  return (
    <Alert
      type={machine.isOnline ? "success" : "info"}
      header={say(machine.isOnline ? "arrived.online" : "arrived.checking", { machine: machine.name })}
      action={
        <SpaceBetween size="xs" direction="horizontal">
          <Button href={`/app/provider/hardware/${machine.id}`} onFollow={follow}>
            {say("arrived.open")}
          </Button>
          <Button href="/app/marketplace" onFollow={follow}>
            {say("arrived.market")}
          </Button>
        </SpaceBetween>
      }
    >
      {say("arrived.hint", { hardware, price: formatQu(machine.pricePerHour) })}
    </Alert>
  );
}
