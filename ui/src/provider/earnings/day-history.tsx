import BarChart from "@cloudscape-design/components/bar-chart";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import type { Wire } from "../../api/client.ts";
import { language } from "../../i18n/language.ts";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu, formatWhole } from "../../shared/format.ts";
import { useNow } from "../../shared/now.ts";
import { earningsMessages } from "./messages.ts";
import { lastDays, SPANS, sumOf, type Day, type Span } from "./series.ts";

const VIEWS = ["chart", "table"] as const;
type View = (typeof VIEWS)[number];
const A_MINUTE_MS = 60_000;

/** What was earned day by day, as a chart or as its table. */
export function DayHistory({ history }: { history: readonly Wire["EarningEntry"][] }) {
  const say = useMessages(earningsMessages);
  const [span, setSpan] = useState<Span>(30);
  const [view, setView] = useState<View>("chart");
  const days = lastDays(history, span, useNow(true, A_MINUTE_MS));
  return (
    <Container
      header={
        <Header variant="h2" description={say("history.sum", { amount: formatQu(sumOf(days)), count: span })}>
          {say("history")}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <SpaceBetween size="s" direction="horizontal">
          <SegmentedControl
            label={say("history.span")}
            selectedId={String(span)}
            options={SPANS.map((count) => ({ id: String(count), text: say("history.days", { count }) }))}
            onChange={({ detail }) => setSpan(SPANS.find((count) => String(count) === detail.selectedId) ?? 30)}
          />
          <SegmentedControl
            label={say("history.view")}
            selectedId={view}
            options={VIEWS.map((id) => ({ id, text: say(`history.${id}`) }))}
            onChange={({ detail }) => setView(VIEWS.find((id) => id === detail.selectedId) ?? "chart")}
          />
        </SpaceBetween>
        {view === "chart" ? <DaysChart days={days} /> : <DaysTable days={days} />}
      </SpaceBetween>
    </Container>
  );
}

function DaysChart({ days }: { days: readonly Day[] }) {
  const say = useMessages(earningsMessages);
  const greatest = Math.max(...days.map(({ amount }) => amount));
  return (
    <BarChart
      series={
        greatest === 0
          ? []
          : [
              {
                type: "bar",
                title: say("column.amount"),
                data: days.map(({ day, amount }) => ({ x: day, y: amount })),
                valueFormatter: (amount) => formatQu(Math.round(amount)),
              },
            ]
      }
      xScaleType="categorical"
      xDomain={days.map(({ day }) => day)}
      yDomain={[0, Math.max(greatest, 1)]}
      height={220}
      hideFilter
      hideLegend
      ariaLabel={say("history")}
      xTitle=""
      yTitle="QU"
      xTickFormatter={shortDay}
      yTickFormatter={(amount) => formatWhole(Math.round(amount))}
      empty={<NothingEarned />}
    />
  );
}

function DaysTable({ days }: { days: readonly Day[] }) {
  const say = useMessages(earningsMessages);
  const earned = days.filter(({ amount, jobs }) => amount > 0 || jobs > 0).reverse();
  return (
    <Table
      variant="embedded"
      columnDefinitions={[
        { id: "day", header: say("column.day"), isRowHeader: true, cell: ({ day }) => longDay(day) },
        { id: "amount", header: say("column.amount"), cell: ({ amount }) => formatQu(amount) },
        { id: "jobs", header: say("column.jobs"), cell: ({ jobs }) => formatWhole(jobs) },
      ]}
      items={earned}
      ariaLabels={{ tableLabel: say("history") }}
      empty={<NothingEarned />}
    />
  );
}

function NothingEarned() {
  const say = useMessages(earningsMessages);
  return (
    <Box textAlign="center" padding="s">
      <Box variant="strong">{say("history.empty")}</Box>
      <Box variant="p">{say("history.empty.hint")}</Box>
    </Box>
  );
}

/** Days are the platform's, which are UTC. */
function shortDay(day: Date): string {
  return new Intl.DateTimeFormat(language(), { day: "numeric", month: "short", timeZone: "UTC" }).format(day);
}

function longDay(day: Date): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: "full", timeZone: "UTC" }).format(day);
}
