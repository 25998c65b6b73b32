import Alert from "@cloudscape-design/components/alert";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import LiveRegion from "@cloudscape-design/components/live-region";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Dispatch } from "react";
import { useMessages } from "../../i18n/messages.ts";
import type { DraftAction } from "../../launch/draft.ts";
import { Rejected } from "../../launch/machine-step.tsx";
import { formatQu, formatSeconds } from "../../shared/format.ts";
import { CardSkeleton } from "../../shared/skeletons.tsx";
import type { Quote } from "./compare.ts";
import { Figure, FormerMark } from "./figure.tsx";
import { amountOrNone, startOf } from "./in-words.ts";
import { calculatorMessages, type Say } from "./messages.ts";

interface QuoteFiguresProps {
  quote: Quote | undefined;
  problem: Error | null;
  /** Whether they answer a question before the one that stands in the form. */
  isFormer: boolean;
  change: Dispatch<DraftAction>;
}

/** What it would cost, on which machine, and what stands in the way. */
export function QuoteFigures({ quote, problem, isFormer, change }: QuoteFiguresProps) {
  const say = useMessages(calculatorMessages);
  if (problem !== null) return <Alert type="error">{problem.message}</Alert>;
  if (quote === undefined) return <CardSkeleton lines={4} />;
  return (
    <Container header={<Header actions={<FormerMark isFormer={isFormer} />}>{say("cost")}</Header>}>
      <SpaceBetween size="l">
        <KeyValuePairs columns={4} minColumnWidth={160} items={items(quote, isFormer, say)} />
        <LiveRegion hidden>
          {isFormer ? say("former") : `${say("likelyCost")}: ${amountOrNone(quote.likelyCost)}`}
        </LiveRegion>
        {quote.obstacles.map((obstacle) => (
          <Alert key={obstacle} type="warning">
            {obstacle}
          </Alert>
        ))}
        {quote.waiting !== null && <Rejected rejected={quote.waiting} change={change} />}
      </SpaceBetween>
    </Container>
  );
}

function items(quote: Quote, isFormer: boolean, say: Say) {
  const { balanceLastsSeconds: lasts, settleEverySeconds: every } = quote;
  const figures = [
    { label: say("likelyCost"), value: amountOrNone(quote.likelyCost), isMain: true },
    { label: say("maximumCost"), value: amountOrNone(quote.maximumCost), isMain: true },
    { label: say("hold"), value: amountOrNone(quote.hold) },
    { label: say("pricePerHour"), value: amountOrNone(quote.pricePerHour) },
    { label: say("machine"), value: quote.workerId ?? "–" },
    { label: say("starts"), value: startOf(quote, say) },
    { label: say("balance"), value: formatQu(quote.balance) },
    {
      label: say("lasts"),
      value: lasts === null ? "–" : `${formatSeconds(lasts)} ${say("lasts.hint")}`,
    },
    {
      label: say("settles"),
      value: every === null ? say("settles.end") : say("settles.every", { time: formatSeconds(every) }),
    },
  ];
  return figures.map(({ label, value, isMain = false }) => ({
    label,
    value: (
      <Figure isFormer={isFormer} isMain={isMain}>
        {value}
      </Figure>
    ),
  }));
}
