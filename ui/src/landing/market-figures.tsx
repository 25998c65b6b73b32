import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import { useQuery } from "@tanstack/react-query";
import { useTopic } from "../api/hooks.ts";
import { useMessages } from "../i18n/messages.ts";
import { offersQuery } from "../marketplace/queries.ts";
import { formatWhole } from "../shared/format.ts";
import { CardSkeleton } from "../shared/skeletons.tsx";
import { figuresOf, type Figures } from "./figures.ts";
import { landingMessages } from "./messages.ts";

/** The market in four numbers, as they are now. */
export function MarketFigures() {
  const say = useMessages(landingMessages);
  const { data, error } = useQuery(offersQuery);
  useTopic("marketplace");
  return (
    <section className="landing-section landing-width" aria-labelledby="figures">
      <h2 id="figures">{say("figures.title")}</h2>
      {data === undefined && error !== null && <Alert type="warning">{say("figures.failed")}</Alert>}
      {data === undefined && error === null && <CardSkeleton lines={2} />}
      {data !== undefined && <Numbers figures={figuresOf(data.items)} />}
    </section>
  );
}

function Numbers({ figures }: { figures: Figures }) {
  const say = useMessages(landingMessages);
  const numbers = [
    [say("figures.machines"), formatWhole(figures.machines)],
    [say("figures.gpus"), formatWhole(figures.gpus)],
    [say("figures.free"), formatWhole(figures.free)],
    [say("figures.from"), figures.from === null ? say("figures.none") : formatWhole(figures.from)],
  ] as const;
  return (
    <Container>
      <div aria-live="polite">
        <KeyValuePairs
          columns={4}
          minColumnWidth={220}
          items={numbers.map(([label, value]) => ({ label, value: <Box variant="awsui-value-large">{value}</Box> }))}
        />
      </div>
    </Container>
  );
}
