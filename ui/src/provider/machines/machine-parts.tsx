import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useMessages } from "../../i18n/messages.ts";
import { formatMib } from "../../shared/format.ts";
import { hardwareOf } from "../hardware-text.ts";
import type { Machine } from "../queries.ts";
import { machinesMessages } from "./messages.ts";
import { STATE_LOOKS, stateOf } from "./state.ts";

/** How a machine stands. */
export function MachineStateCell({ machine }: { machine: Machine }) {
  const say = useMessages(machinesMessages);
  const state = stateOf(machine);
  return <StatusIndicator type={STATE_LOOKS[state]}>{say(`state.${state}`)}</StatusIndicator>;
}

/** Says of a machine whose cards are not there that it is simulated; of any other nothing. */
export function SimulatedBadge({ machine }: { machine: Machine }) {
  const say = useMessages(machinesMessages);
  return machine.simulated && <Badge>{say("simulated")}</Badge>;
}

/** What a machine has, in a line. */
export function hardwareLine(machine: Machine, say: typeof machinesMessages.say): string {
  const gpus = hardwareOf(machine);
  const rest = { cores: machine.cpuCores, memory: formatMib(machine.ramMib) };
  return gpus === null ? say("hardware.cpu", rest) : say("hardware.gpu", { gpus, ...rest });
}

/** By the beginning of its id, which is what its owner and the machine's can talk of. */
export function CurrentJob({ id }: { id: string | null }) {
  const say = useMessages(machinesMessages);
  if (id === null) return say("job.none");
  return (
    <Box variant="code">
      <span title={id}>{id.slice(0, 8)}</span>
    </Box>
  );
}
