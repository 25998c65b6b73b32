import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Skeleton from "@cloudscape-design/components/skeleton";
import type { Wire } from "../api/client.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatQu } from "../shared/format.ts";
import { billingMessages } from "./messages.ts";
import { formatDay, type Period } from "./period.ts";

interface StatementSummaryProps {
  statement: Wire["Statement"] | undefined;
  period: Period;
}

/** A statement's sums, over the days that they are of: while other days are asked for, still those from before. */
export function StatementSummary({ statement, period }: StatementSummaryProps) {
  const say = useMessages(billingMessages);
  const { first, last } = statement ?? period;
  const days = say("period.shown", { first: formatDay(first), last: formatDay(last) });
  return (
    <Container header={<Header description={days}>{say("statement.summary")}</Header>}>
      {statement === undefined ? (
        <Skeleton height="44px" />
      ) : (
        <KeyValuePairs
          columns={4}
          minColumnWidth={190}
          items={[
            { label: say("statement.opening"), value: formatQu(statement.opening) },
            { label: say("statement.in"), value: formatQu(statement.moneyIn) },
            { label: say("statement.out"), value: formatQu(statement.moneyOut) },
            { label: say("statement.closing"), value: <Box fontWeight="bold">{formatQu(statement.closing)}</Box> },
          ]}
        />
      )}
    </Container>
  );
}
