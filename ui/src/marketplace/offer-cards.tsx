import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import type { Wire } from "../api/client.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatMib, formatShare } from "../shared/format.ts";
import { marketplaceMessages } from "./messages.ts";

/** The machine's GPUs, one by one, with how much of each is rented out. Null while they are asked for. */
export function OfferCards({ machine }: { machine: Wire["Provider"] | null }) {
  const say = useMessages(marketplaceMessages);
  return (
    <Table
      header={
        <Header variant="h2" counter={machine === null ? "" : `(${machine.gpus.length})`}>
          {say("offer.gpus")}
        </Header>
      }
      columnDefinitions={[
        { id: "index", header: say("gpu.index"), cell: ({ index }) => index, isRowHeader: true },
        { id: "model", header: say("gpu.model"), cell: ({ model }) => model },
        { id: "memory", header: say("gpu.memory"), cell: ({ vramMib }) => (vramMib > 0 ? formatMib(vramMib) : "–") },
        { id: "driver", header: say("gpu.driver"), cell: ({ driver }) => driver ?? "–" },
        {
          id: "capability",
          header: say("gpu.capability"),
          cell: ({ computeCapability }) => computeCapability ?? "–",
        },
        { id: "use", header: say("gpu.use"), cell: ({ allocatedMilli }) => formatShare(allocatedMilli / 1000) },
      ]}
      items={machine?.gpus ?? []}
      trackBy="index"
      loading={machine === null}
      loadingText={say("loading")}
      empty={<Box textAlign="center">{say("offer.noGpu")}</Box>}
    />
  );
}
