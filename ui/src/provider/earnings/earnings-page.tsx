import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Box from "@cloudscape-design/components/box";
import { useQuery } from "@tanstack/react-query";
import type { Wire } from "../../api/client.ts";
import { useTopic } from "../../api/hooks.ts";
import { Page } from "../../app/page.tsx";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu } from "../../shared/format.ts";
import { CardSkeleton } from "../../shared/skeletons.tsx";
import { JobHistory } from "../history/job-history.tsx";
import { DayHistory } from "./day-history.tsx";
import { earningsMessages } from "./messages.ts";
import { Payouts } from "./payouts.tsx";
import { earningsQuery } from "./queries.ts";

/** What the caller's machines earned: today as it grows, by day, by job, and what was paid out. */
export function Component() {
  const say = useMessages(earningsMessages);
  const { data, error } = useQuery(earningsQuery);
  useTopic("marketplace");
  if (error !== null && data === undefined) throw error;
  return (
    <Page title={say("title")} description={say("description")}>
      {data === undefined ? <CardSkeleton lines={3} /> : <Summary earnings={data} />}
      {data === undefined ? <CardSkeleton lines={8} /> : <DayHistory history={data.history} />}
      <JobHistory machine={null} />
      <Payouts />
    </Page>
  );
}

function Summary({ earnings }: { earnings: Wire["Earnings"] }) {
  const say = useMessages(earningsMessages);
  const pending =
    earnings.activeJobs === 0
      ? say("pending.none")
      : say("pending.some", { amount: formatQu(earnings.pending), count: earnings.activeJobs });
  const inAll =
    earnings.simulatedTotal > 0
      ? `${say("jobs", { count: earnings.jobCount })}, ${say("simulated", { amount: formatQu(earnings.simulatedTotal) })}`
      : say("jobs", { count: earnings.jobCount });
  const figures = [
    [say("today"), earnings.today, pending],
    [say("week"), earnings.thisWeek, null],
    [say("month"), earnings.thisMonth, null],
    [say("total"), earnings.total, inAll],
  ] as const;
  return (
    <Container header={<Header variant="h2">{say("summary")}</Header>}>
      <div aria-live="polite">
        <KeyValuePairs
          columns={4}
          minColumnWidth={190}
          items={figures.map(([label, amount, hint]) => ({
            label,
            value: (
              <>
                <Box variant="awsui-value-large">{formatQu(amount)}</Box>
                {hint !== null && (
                  <Box variant="small" display="block">
                    {hint}
                  </Box>
                )}
              </>
            ),
          }))}
        />
      </div>
    </Container>
  );
}
