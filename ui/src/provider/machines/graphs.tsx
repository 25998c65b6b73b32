import Box from "@cloudscape-design/components/box";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import LineChart from "@cloudscape-design/components/line-chart";
import Skeleton from "@cloudscape-design/components/skeleton";
import { language } from "../../i18n/language.ts";
import { useMessages } from "../../i18n/messages.ts";
import { measureText } from "./measure-text.ts";
import { machinesMessages } from "./messages.ts";
import { MEASURES, type Measure, type Reading } from "./readings.ts";

interface GraphsProps {
  readings: readonly Reading[] | null;
  cardMemoryMib: number;
}

/** The last hour of a machine, measure by measure. */
export function Graphs({ readings, cardMemoryMib }: GraphsProps) {
  const say = useMessages(machinesMessages);
  return (
    <Container header={<Header variant="h2">{say("graph.title")}</Header>}>
      {readings === null && <Skeleton height="220px" />}
      {readings?.length === 0 && <Box color="text-body-secondary">{say("graph.none")}</Box>}
      {readings !== null && readings.length > 0 && (
        <ColumnLayout columns={2} minColumnWidth={320}>
          {MEASURES.filter((measure) => readings.some((reading) => reading[measure] !== null)).map((measure) => (
            <Graph key={measure} measure={measure} readings={readings} cardMemoryMib={cardMemoryMib} />
          ))}
        </ColumnLayout>
      )}
    </Container>
  );
}

interface GraphProps {
  measure: Measure;
  readings: readonly Reading[];
  cardMemoryMib: number;
}

function Graph({ measure, readings, cardMemoryMib }: GraphProps) {
  const say = useMessages(machinesMessages);
  const title = say(`measure.${measure}`);
  const points = readings.flatMap((reading) => {
    const y = reading[measure];
    return y === null ? [] : [{ x: new Date(reading.at), y }];
  });
  const first = points[0]?.x ?? new Date(0);
  const last = points.at(-1)?.x ?? first;
  return (
    <div>
      <Box variant="h3" padding={{ bottom: "xs" }}>
        {title}
      </Box>
      <LineChart
        series={[{ type: "line", title, data: points, valueFormatter: (value) => measureText(measure, value) }]}
        xScaleType="time"
        xDomain={[first, new Date(Math.max(last.getTime(), first.getTime() + 1000))]}
        yDomain={[0, measure === "gpuMemory" ? Math.max(cardMemoryMib, 1) : 100]}
        height={160}
        hideFilter
        hideLegend
        ariaLabel={title}
        xTitle=""
        yTitle=""
        xTickFormatter={(at) => clock(at, last.getTime() - first.getTime())}
        yTickFormatter={(value) => measureText(measure, value)}
      />
    </div>
  );
}

const TOLD_BY_THE_SECOND_MS = 600_000;

/** A moment of what is drawn; with its second where minutes would be the same at two ticks. */
function clock(at: Date, spanMs: number): string {
  const timeStyle = spanMs < TOLD_BY_THE_SECOND_MS ? "medium" : "short";
  return new Intl.DateTimeFormat(language(), { timeStyle }).format(at);
}
