import Box from "@cloudscape-design/components/box";
import LineChart from "@cloudscape-design/components/line-chart";
import { language } from "../../i18n/language.ts";
import { useMessages } from "../../i18n/messages.ts";
import { formatMib, formatNumber } from "../../shared/format.ts";
import { jobsMessages } from "../messages.ts";
import type { Line, Measure } from "./series.ts";

const TEXT: Record<Measure, (value: number) => string> = {
  gpu: (value) => `${formatNumber(value, 0)} %`,
  gpuMemory: formatMib,
  temperature: (value) => `${formatNumber(value, 0)} °C`,
  cpu: (value) => `${formatNumber(value, 0)} %`,
  memory: formatMib,
};
const LEAST_TOP: Record<Measure, number> = { gpu: 100, gpuMemory: 1024, temperature: 100, cpu: 100, memory: 256 };

/** One measure over time, a line for each worker of each attempt. */
export function Graph({ measure, lines, time }: { measure: Measure; lines: Line[]; time: [Date, Date] }) {
  const say = useMessages(jobsMessages);
  const title = say(`graph.${measure}`);
  const highest = Math.max(...lines.flatMap((line) => line.points.map((point) => point.y)));
  const hasRanks = lines.some((line) => line.rank > 0);
  return (
    <div>
      <Box variant="h3" padding={{ bottom: "xs" }}>
        {title}
      </Box>
      <LineChart
        series={lines.map((line) => ({
          type: "line",
          title: say("graph.attempt", { attempt: hasRanks ? `${line.attempt}.${line.rank}` : line.attempt }),
          data: line.points,
          valueFormatter: TEXT[measure],
        }))}
        xScaleType="time"
        xDomain={time}
        yDomain={[0, Math.max(LEAST_TOP[measure], highest * 1.1)]}
        height={180}
        hideFilter
        hideLegend={lines.length < 2}
        ariaLabel={title}
        xTitle=""
        yTitle=""
        xTickFormatter={clock}
        yTickFormatter={TEXT[measure]}
      />
    </div>
  );
}

function clock(at: Date): string {
  return new Intl.DateTimeFormat(language(), { timeStyle: "medium" }).format(at);
}
