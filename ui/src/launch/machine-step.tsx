import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Cards from "@cloudscape-design/components/cards";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import type { Dispatch } from "react";
import type { Wire } from "../api/client.ts";
import { useMessages } from "../i18n/messages.ts";
import { CardSkeleton } from "../shared/skeletons.tsx";
import { formatNumber, formatQu, formatSeconds } from "../shared/format.ts";
import type { DraftAction } from "./draft.ts";
import type { StepProps } from "./launch-wizard.tsx";
import { launchMessages } from "./messages.ts";
import { matchQuery } from "./queries.ts";
import { matchRequestOf } from "./request.ts";
import { hourlyPrice } from "./price.ts";

type Ranked = Wire["RankedOffer"];
/** A machine, or the choice to take whichever is best when the job begins. */
interface Choice {
  id: string;
  ranked: Ranked | null;
}
const ANY = "any";

/** Where it runs: machines that fit, the best first, each with its cost and why. */
export function MachineStep({ draft, change }: StepProps) {
  const say = useMessages(launchMessages);
  const { data, error } = useQuery(matchQuery(matchRequestOf(draft)));
  if (error !== null && data === undefined) return <Alert type="error">{error.message}</Alert>;
  if (data === undefined) return <CardSkeleton lines={8} />;
  const [best] = data.offers;
  const gone = draft.machine !== null && !data.offers.some((one) => one.offer.provider === draft.machine);
  const choices: Choice[] = [
    ...(best === undefined ? [] : [{ id: ANY, ranked: null }]),
    ...data.offers.map((ranked) => ({ id: ranked.offer.provider, ranked })),
  ];
  const selected = choices.filter((choice) => choice.id === (draft.machine ?? ANY));
  return (
    <SpaceBetween size="l">
      {gone && <Alert type="warning">{say("machine.gone", { machine: draft.machine ?? "" })}</Alert>}
      {best === undefined && <Rejected rejected={data.rejected} change={change} />}
      <Cards<Choice>
        selectionType="single"
        trackBy="id"
        items={choices}
        selectedItems={selected}
        onSelectionChange={({ detail }) => {
          const [choice] = detail.selectedItems;
          if (choice === undefined) return;
          const priced = choice.ranked ?? best;
          change({
            type: "machineChosen",
            machine: choice.ranked?.offer.provider ?? null,
            pricePerHour: priced === undefined ? null : hourlyPrice(priced.offer, draft.needs.gpuCount),
          });
        }}
        entireCardClickable
        cardsPerRow={[{ cards: 1 }, { minWidth: 640, cards: 2 }, { minWidth: 1200, cards: 3 }]}
        ariaLabels={{
          itemSelectionLabel: (_, choice) => choice.ranked?.offer.provider ?? say("machine.any"),
          selectionGroupLabel: say("machine"),
        }}
        header={<Header counter={`(${data.offers.length})`}>{say("machines")}</Header>}
        cardDefinition={{
          header: (choice) =>
            choice.ranked === null
              ? say("machine.any")
              : `${choice.ranked.rank}. ${choice.ranked.offer.model} · ${choice.ranked.offer.provider}`,
          sections: [
            {
              id: "body",
              content: (choice) =>
                choice.ranked === null ? say("machine.any.hint") : <Offer ranked={choice.ranked} />,
            },
          ],
        }}
        empty={<Box textAlign="center">{say("machine.none")}</Box>}
      />
      {best !== undefined && <Box color="text-body-secondary">{data.rejected.summary}</Box>}
    </SpaceBetween>
  );
}

function Offer({ ranked }: { ranked: Ranked }) {
  const say = useMessages(launchMessages);
  const { offer } = ranked;
  return (
    <SpaceBetween size="xs">
      <Box fontSize="heading-m" fontWeight="bold">
        {say("cost.about", { cost: formatQu(ranked.estimatedCost) })}
      </Box>
      <Box>
        {say("cost.most", { cost: formatQu(ranked.maximumCost) })}
        {ranked.estimatedSeconds !== null && ` · ${formatSeconds(ranked.estimatedSeconds)}`}
      </Box>
      <Box>
        {say("offer.facts", {
          free: offer.freeGpus,
          all: offer.gpuCount,
          vram: formatNumber(offer.vram, 1),
          price: formatQu(offer.price),
        })}
      </Box>
      <ul>
        {ranked.why.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
    </SpaceBetween>
  );
}

/** Why nothing fits, with the changes that would help, a press each. */
export function Rejected({ rejected, change }: { rejected: Wire["WaitingReport"]; change: Dispatch<DraftAction> }) {
  const say = useMessages(launchMessages);
  return (
    <Alert type="warning" header={say("machine.none")}>
      <SpaceBetween size="s">
        <Box>{rejected.summary}</Box>
        {rejected.fixes.map((fix) => (
          <Button
            key={fix.text}
            onClick={() => change({ type: "fixed", resources: fix.resources, maxPrice: fix.maxPrice })}
          >
            {fix.text.charAt(0).toUpperCase() + fix.text.slice(1)}
          </Button>
        ))}
      </SpaceBetween>
    </Alert>
  );
}
