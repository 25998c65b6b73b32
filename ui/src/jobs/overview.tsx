import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs, { type KeyValuePairsProps } from "@cloudscape-design/components/key-value-pairs";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Badge from "@cloudscape-design/components/badge";
import { useMessages } from "../i18n/messages.ts";
import { formatQu, formatSeconds, formatTime } from "../shared/format.ts";
import { useNow } from "../shared/now.ts";
import { costNow, pricePerHour } from "./cost.ts";
import { JobState } from "./job-state.tsx";
import { jobsMessages } from "./messages.ts";
import type { Monitor } from "./queries.ts";
import { isFinal } from "./status.ts";

/** How far a job is, when it ends, what it costs. */
export function Overview({ monitor, toldAt }: { monitor: Monitor; toldAt: number }) {
  const say = useMessages(jobsMessages);
  const { job } = monitor;
  return (
    <Container header={<Header variant="h2">{say("overview")}</Header>}>
      <SpaceBetween size="l">
        <ProgressBar
          value={Math.floor(job.progress)}
          label={say("progress")}
          additionalInfo={job.error ?? undefined}
          {...endOf(monitor, say)}
        />
        <KeyValuePairs columns={4} minColumnWidth={180} items={facts(monitor, toldAt, say)} />
      </SpaceBetween>
    </Container>
  );
}

type Say = typeof jobsMessages.say;

function endOf({ job }: Monitor, say: Say) {
  if (job.status === "COMPLETED") return { status: "success", resultText: say("status.COMPLETED") } as const;
  if (job.status === "FAILED") return { status: "error", resultText: failure(job, say) } as const;
  return {};
}

function failure(job: Monitor["job"], say: Say): string {
  return job.cause === null ? say("status.FAILED") : say(`cause.${job.cause}`);
}

function facts(monitor: Monitor, toldAt: number, say: Say): KeyValuePairsProps.Item[] {
  const { job } = monitor;
  return [
    {
      label: say("column.status"),
      value: (
        <SpaceBetween size="xs" direction="horizontal">
          <JobState job={job} />
          {job.simulated && <Badge>{say("simulated")}</Badge>}
        </SpaceBetween>
      ),
    },
    { label: say(isFinal(job.status) ? "cost" : "costSoFar"), value: <Cost monitor={monitor} toldAt={toldAt} /> },
    { label: say("held"), value: say("held.of", { amount: formatQu(job.holdAmount), price: formatQu(job.maxPrice) }) },
    { label: say(isFinal(job.status) ? "ended" : "estimatedEnd"), value: estimatedEnd(monitor) },
    { label: say("column.machine"), value: job.workerId ?? "–" },
    { label: say("ranFor"), value: <RanFor monitor={monitor} /> },
    { label: say("timeLimit"), value: formatSeconds(job.timeLimitSeconds) },
    { label: say("column.created"), value: formatTime(job.createdAt) },
  ];
}

/** Counts on by the second between two answers of the platform's. */
function Cost({ monitor, toldAt }: { monitor: Monitor; toldAt: number }) {
  const say = useMessages(jobsMessages);
  const price = pricePerHour(monitor);
  const now = useNow(price > 0);
  const { actualCost } = monitor.job;
  return (
    <>
      <Box variant="span" fontSize="heading-m" fontWeight="bold">
        {formatQu(actualCost ?? costNow(monitor, { toldAt, now }))}
      </Box>
      {price > 0 && (
        <Box variant="small" display="block">
          {say("perHour", { price: formatQu(price) })}
        </Box>
      )}
    </>
  );
}

function RanFor({ monitor: { job } }: { monitor: Monitor }) {
  const now = useNow(job.startedAt !== null && job.completedAt === null);
  if (job.startedAt === null) return "–";
  const end = job.completedAt === null ? now : Date.parse(job.completedAt);
  return formatSeconds((end - Date.parse(job.startedAt)) / 1000);
}

function estimatedEnd({ job, estimatedEnd: estimated }: Monitor): string {
  if (job.completedAt !== null) return formatTime(job.completedAt);
  return estimated === null ? "–" : formatTime(estimated);
}
