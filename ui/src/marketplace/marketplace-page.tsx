import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useTopic } from "../api/hooks.ts";
import { Page } from "../app/page.tsx";
import { useMessages } from "../i18n/messages.ts";
import { formatNumber, formatQu, formatShare } from "../shared/format.ts";
import { marketplaceMessages } from "./messages.ts";
import { offersQuery, type Offer } from "./queries.ts";

/** What is for rent, live. */
export function Component() {
  const say = useMessages(marketplaceMessages);
  const { data, isPending, error } = useQuery(offersQuery);
  useTopic("marketplace");
  if (error !== null && data === undefined) throw error;
  return (
    <Page title={say("title")} description={say("description")}>
      <Table
        header={<Header counter={data ? `(${data.total})` : ""}>{say("offers")}</Header>}
        columnDefinitions={columns(say)}
        items={data?.items ?? []}
        loading={isPending}
        trackBy="id"
        empty={
          <Box textAlign="center" padding="l">
            <Box variant="strong">{say("empty")}</Box>
            <Box variant="p">{say("empty.hint")}</Box>
          </Box>
        }
      />
    </Page>
  );
}

function columns(say: typeof marketplaceMessages.say): TableProps.ColumnDefinition<Offer>[] {
  return [
    { id: "model", header: say("column.model"), cell: (offer) => offer.model, isRowHeader: true },
    {
      id: "gpus",
      header: say("column.gpus"),
      cell: (offer) => say("free", { free: offer.freeGpus, all: offer.gpuCount }),
    },
    { id: "vram", header: say("column.vram"), cell: (offer) => `${formatNumber(offer.vram, 1)} GiB` },
    { id: "price", header: say("column.price"), cell: (offer) => formatQu(offer.price) },
    { id: "location", header: say("column.location"), cell: (offer) => offer.location ?? say("location.unknown") },
    { id: "reliability", header: say("column.reliability"), cell: (offer) => formatShare(offer.reliability) },
  ];
}
