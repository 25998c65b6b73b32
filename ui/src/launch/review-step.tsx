import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import type { Wire } from "../api/client.ts";
import { useMessages } from "../i18n/messages.ts";
import { CardSkeleton } from "../shared/skeletons.tsx";
import { formatQu, formatSeconds, formatTime } from "../shared/format.ts";
import { EscrowChoice } from "./escrow-choice.tsx";
import type { StepProps } from "./launch-wizard.tsx";
import { Rejected } from "./machine-step.tsx";
import { launchMessages } from "./messages.ts";
import { quoteQuery } from "./queries.ts";
import { linesOf, quoteRequestOf } from "./request.ts";

interface ReviewProps extends StepProps {
  /** Set where the machine was taken since it was looked at: the job would wait. */
  wouldWait: Wire["WaitingReport"] | null;
  problem: string | null;
}

/** All of it once more, what it costs, and what pays for it. */
export function ReviewStep({ draft, change, wouldWait, problem }: ReviewProps) {
  const say = useMessages(launchMessages);
  const { data: quote, error } = useQuery(quoteQuery(quoteRequestOf(draft)));
  return (
    <SpaceBetween size="l">
      <div aria-live="assertive">
        {problem !== null && (
          <Alert type="error" header={say("refused")}>
            {problem}
          </Alert>
        )}
        {wouldWait !== null && (
          <SpaceBetween size="s">
            <Alert type="warning" header={say("taken")}>
              {say("taken.hint")}
            </Alert>
            <Rejected rejected={wouldWait} change={change} />
          </SpaceBetween>
        )}
      </div>
      <Container header={<Header variant="h2">{say("summary")}</Header>}>
        <KeyValuePairs
          columns={3}
          minColumnWidth={180}
          items={[
            { label: say("name"), value: draft.name },
            { label: say("entrypoint"), value: draft.entrypoint ?? "–" },
            { label: say("machine"), value: draft.machine ?? say("machine.any") },
            { label: say("needs.gpuCount"), value: draft.needs.gpuCount },
            { label: say("requirements"), value: linesOf(draft.requirements).join(", ") || "–" },
            { label: say("arguments"), value: linesOf(draft.arguments).join(" ") || "–" },
          ]}
        />
      </Container>
      {error !== null && quote === undefined && <Alert type="error">{error.message}</Alert>}
      {quote === undefined && error === null && <CardSkeleton lines={4} />}
      {quote !== undefined && <Cost quote={quote} isPaidOnChain={draft.escrowId !== null} />}
      {quote !== undefined && <EscrowChoice draft={draft} change={change} amount={quote.hold} />}
    </SpaceBetween>
  );
}

function Cost({ quote, isPaidOnChain }: { quote: Wire["Quote"]; isPaidOnChain: boolean }) {
  const say = useMessages(launchMessages);
  const amount = (value: number | null) => (value === null ? "–" : formatQu(value));
  return (
    <Container header={<Header variant="h2">{say("cost")}</Header>}>
      <SpaceBetween size="m">
        <KeyValuePairs
          columns={4}
          minColumnWidth={175}
          items={[
            { label: say("cost.likely"), value: <Strong>{amount(quote.likelyCost)}</Strong> },
            { label: say("cost.maximum"), value: <Strong>{amount(quote.maximumCost)}</Strong> },
            { label: say("cost.hold"), value: amount(quote.hold) },
            { label: say("cost.balance"), value: formatQu(quote.balance) },
            { label: say("cost.price"), value: amount(quote.pricePerHour) },
            { label: say("starts"), value: startOf(quote, say) },
            {
              label: say("lasts"),
              value: quote.balanceLastsSeconds === null ? "–" : formatSeconds(quote.balanceLastsSeconds),
            },
          ]}
        />
        {!isPaidOnChain &&
          quote.obstacles.map((obstacle) => (
            <Alert key={obstacle} type="warning">
              {obstacle}
            </Alert>
          ))}
        {quote.waiting !== null && <Alert type="info">{quote.waiting.summary}</Alert>}
      </SpaceBetween>
    </Container>
  );
}

function Strong({ children }: { children: string }) {
  return (
    <Box variant="span" fontSize="heading-m" fontWeight="bold">
      {children}
    </Box>
  );
}

function startOf(quote: Wire["Quote"], say: typeof launchMessages.say): string {
  if (quote.waiting === null) return say("starts.now");
  return quote.startsAt ? formatTime(quote.startsAt) : say("starts.unknown");
}
