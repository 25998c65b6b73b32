import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { useTopic } from "../api/hooks.ts";
import { useFollow } from "../app/follow.ts";
import { Page } from "../app/page.tsx";
import { useMessages } from "../i18n/messages.ts";
import { machineQuery } from "../launch/queries.ts";
import { CardSkeleton } from "../shared/skeletons.tsx";
import { marketplaceMessages } from "./messages.ts";
import { OfferCards } from "./offer-cards.tsx";
import { OfferCompared } from "./offer-compared.tsx";
import { OfferOverview } from "./offer-overview.tsx";
import { rowOf, type MarketRow } from "./offers.ts";
import { offersQuery } from "./queries.ts";

/** One offer, live: what it is, what it costs beside the others, and whether it can be rented now. */
export function Component() {
  const { gpuId = "" } = useParams();
  const say = useMessages(marketplaceMessages);
  const { data, error } = useQuery(offersQuery);
  useTopic("marketplace");
  if (error !== null && data === undefined) throw error;
  if (data === undefined) {
    return (
      <Page title={say("title")}>
        <CardSkeleton lines={6} />
      </Page>
    );
  }
  const market = data.items.map(rowOf);
  const row = market.find(({ id }) => id === gpuId);
  return row === undefined ? <Gone /> : <OfferPage row={row} market={market} />;
}

function OfferPage({ row, market }: { row: MarketRow; market: readonly MarketRow[] }) {
  const say = useMessages(marketplaceMessages);
  const follow = useFollow();
  const { data: machine = null } = useQuery(machineQuery(row.id));
  return (
    <Page
      title={say("offer.title", { model: row.model, machine: machine?.name ?? row.machine })}
      description={<BackToMarket />}
      actions={
        <Button
          variant="primary"
          href={`/app/jobs/submit?offer=${row.id}`}
          onFollow={follow}
          disabled={row.availability !== "free"}
          disabledReason={say("offer.taken")}
        >
          {say("offer.rent")}
        </Button>
      }
    >
      <OfferOverview row={row} machine={machine} />
      <OfferCompared row={row} market={market} />
      <OfferCards machine={machine} />
    </Page>
  );
}

function BackToMarket() {
  const say = useMessages(marketplaceMessages);
  const follow = useFollow();
  return (
    <Button variant="inline-link" wrapText={false} iconName="angle-left" href="/app/marketplace" onFollow={follow}>
      {say("offer.back")}
    </Button>
  );
}

function Gone() {
  const say = useMessages(marketplaceMessages);
  return (
    <Page title={say("offer.gone")} description={<BackToMarket />}>
      <Box>{say("offer.gone.hint")}</Box>
    </Page>
  );
}
