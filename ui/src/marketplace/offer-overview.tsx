import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import type { Wire } from "../api/client.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatMib, formatSeconds, formatWhole } from "../shared/format.ts";
import { fieldOf } from "./fields.tsx";
import { marketplaceMessages } from "./messages.ts";
import type { MarketRow } from "./offers.ts";
import type { Column } from "./preferences.ts";

const FIELDS: readonly Column[] = [
  "availability",
  "price",
  "vram",
  "trust",
  "location",
  "reliability",
  "isolation",
  "hardware",
];

/** An offer in facts. `machine` is null while its details are asked for. */
export function OfferOverview({ row, machine }: { row: MarketRow; machine: Wire["Provider"] | null }) {
  const say = useMessages(marketplaceMessages);
  const fields = FIELDS.map((field) => ({
    label: say(`column.${field}`),
    value: fieldOf(field, row, row.tflops, say),
  }));
  const known = machine === null ? "–" : null;
  return (
    <Container header={<Header variant="h2">{say("offer.overview")}</Header>}>
      <KeyValuePairs
        columns={4}
        minColumnWidth={170}
        items={[
          ...fields,
          { label: say("offer.cores"), value: formatWhole(row.offer.cpuCores) },
          { label: say("offer.memory"), value: formatMib(row.offer.ramMib) },
          { label: say("offer.jobs"), value: known ?? formatWhole(machine?.totalJobs ?? 0) },
          { label: say("offer.uptime"), value: known ?? formatSeconds(machine?.uptimeSeconds ?? 0) },
        ]}
      />
    </Container>
  );
}
