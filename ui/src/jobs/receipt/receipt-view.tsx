import Box from "@cloudscape-design/components/box";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Skeleton from "@cloudscape-design/components/skeleton";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import type { Wire } from "../../api/client.ts";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu, formatSeconds, formatShare } from "../../shared/format.ts";
import { jobsMessages } from "../messages.ts";
import { receiptQuery, type Job } from "../queries.ts";
import { Verification } from "./verification.tsx";

type Say = typeof jobsMessages.say;
type Receipt = Wire["Receipt"];

/** Where the money of a job went, to the QU. */
export function ReceiptView({ job }: { job: Job }) {
  const say = useMessages(jobsMessages);
  const { data, error } = useQuery(receiptQuery(job.id));
  if (error !== null && data === undefined) throw error;
  if (data === undefined) return <Skeleton height="300px" />;
  return (
    <SpaceBetween size="l">
      {!data.settled && <Box variant="p">{say("receipt.open")}</Box>}
      <KeyValuePairs
        columns={4}
        minColumnWidth={160}
        items={[
          { label: say("receipt.hold"), value: formatQu(data.hold) },
          { label: say("cost"), value: formatQu(data.cost) },
          { label: say("receipt.provider"), value: formatQu(data.providerAmount) },
          {
            label: say("receipt.fee", { share: formatShare(data.feeBasisPoints / 10_000) }),
            value: formatQu(data.fee),
          },
          { label: say("receipt.refund"), value: formatQu(data.refund) },
          { label: say("receipt.unbilled"), value: formatSeconds(data.lostSecondsUnbilled) },
        ]}
      />
      <ColumnLayout columns={2} minColumnWidth={320}>
        <Legs receipt={data} say={say} />
        <Stretches receipt={data} say={say} />
      </ColumnLayout>
      {data.settled && <Verification jobId={job.id} />}
    </SpaceBetween>
  );
}

function Legs({ receipt, say }: { receipt: Receipt; say: Say }) {
  return (
    <Table
      variant="embedded"
      header={<Box variant="h3">{say("receipt.legs")}</Box>}
      ariaLabels={{ tableLabel: say("receipt.legs") }}
      items={receipt.legs.map((leg, place) => ({ ...leg, place: String(place) }))}
      trackBy="place"
      columnDefinitions={[
        { id: "to", header: say("receipt.to"), isRowHeader: true, cell: (leg) => toOf(leg.to, say) },
        { id: "why", header: say("receipt.for"), cell: (leg) => say(`leg.${legOf(leg.type)}`) },
        { id: "amount", header: say("receipt.amount"), cell: (leg) => formatQu(leg.amount) },
      ]}
      empty={<Box textAlign="center">{say("receipt.noLegs")}</Box>}
    />
  );
}

const LEGS = ["EARNING", "FEE", "REFUND"] as const;
const PARTIES = ["provider", "platform", "consumer"] as const;
const toOf = (to: string, say: Say) => {
  const party = PARTIES.find((known) => known === to);
  return party === undefined ? to : say(`leg.to.${party}`);
};
const legOf = (type: string) => LEGS.find((known) => known === type) ?? "OTHER";

function Stretches({ receipt, say }: { receipt: Receipt; say: Say }) {
  return (
    <Table
      variant="embedded"
      header={<Box variant="h3">{say("receipt.stretches")}</Box>}
      ariaLabels={{ tableLabel: say("receipt.stretches") }}
      items={receipt.stretches.map((stretch, place) => ({ ...stretch, place: String(place) }))}
      trackBy="place"
      columnDefinitions={[
        { id: "attempt", header: say("column.attempt"), isRowHeader: true, cell: (one) => one.attempt },
        { id: "seconds", header: say("receipt.seconds"), cell: (one) => `${one.begin} – ${one.end}` },
        { id: "billed", header: say("column.billed"), cell: (one) => say(one.billed ? "yes" : "no") },
        { id: "amount", header: say("receipt.amount"), cell: (one) => formatQu(one.amount) },
      ]}
      empty={<Box textAlign="center">{say("receipt.noStretches")}</Box>}
    />
  );
}
