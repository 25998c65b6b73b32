import "./gauges.css";
import Box from "@cloudscape-design/components/box";
import Skeleton from "@cloudscape-design/components/skeleton";
import { useMessages } from "../../i18n/messages.ts";
import type { Machine } from "../queries.ts";
import { measureText } from "./measure-text.ts";
import { machinesMessages } from "./messages.ts";
import { gaugesOf, type Gauge, type Reading } from "./readings.ts";

interface GaugesProps {
  machine: Machine;
  readings: readonly Reading[] | null;
}

/** How busy a machine is now. */
export function Gauges({ machine, readings }: GaugesProps) {
  const say = useMessages(machinesMessages);
  if (!machine.isOnline) return <Box color="text-status-inactive">{say("gauges.offline")}</Box>;
  if (readings === null) return <Skeleton height="40px" />;
  const newest = readings.at(-1);
  if (newest === undefined) return <Box color="text-status-inactive">{say("gauges.none")}</Box>;
  return (
    <div className="gauges">
      {gaugesOf(newest, cardMemory(machine)).map((gauge) => (
        <Dial key={gauge.measure} gauge={gauge} machine={machine} />
      ))}
    </div>
  );
}

/** Memory of the greatest card, MiB: readings are those of the busiest one. */
export function cardMemory({ gpus }: Pick<Machine, "gpus">): number {
  return Math.max(0, ...gpus.map(({ vramMib }) => vramMib));
}

function Dial({ gauge: { measure, value, share, isHigh }, machine }: { gauge: Gauge; machine: Machine }) {
  const say = useMessages(machinesMessages);
  const text = measureText(measure, value);
  return (
    <div
      role="meter"
      aria-label={say("gauge.label", { measure: say(`measure.${measure}`), machine: machine.name })}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
      aria-valuetext={text}
    >
      <div className="gauge-head">
        <Box variant="small">{say(`measure.${measure}`)}</Box>
        <Box variant="small" color={isHigh ? "text-status-error" : "inherit"} fontWeight="bold">
          {text}
        </Box>
      </div>
      <span className="gauge-track">
        <span
          className={isHigh ? "gauge-bar gauge-high" : "gauge-bar"}
          style={{ inlineSize: `${(share * 100).toFixed(1)}%` }}
        />
      </span>
    </div>
  );
}
