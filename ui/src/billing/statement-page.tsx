import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Skeleton from "@cloudscape-design/components/skeleton";
import Table from "@cloudscape-design/components/table";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Wire } from "../api/client.ts";
import { Page } from "../app/page.tsx";
import { toasts } from "../app/toasts.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatQu } from "../shared/format.ts";
import { saveBlob } from "../shared/save.ts";
import { paged } from "../shared/tables.tsx";
import { billingMessages, type Say } from "./messages.ts";
import { useMovementColumns } from "./movements.tsx";
import { PeriodChoice } from "./period-choice.tsx";
import { formatDay, periodOf, type Period } from "./period.ts";
import { statementQuery, statementSheet } from "./queries.ts";

/** Every movement on the user's balance over some days, the newest first. */
export function Component() {
  const say = useMessages(billingMessages);
  const [period, setPeriod] = useState(() => periodOf("thisMonth", Date.now()));
  const [page, setPage] = useState(1);
  const columns = useMovementColumns();
  const { data, isPending, error } = useQuery(statementQuery(period, page));
  if (error !== null && data === undefined) throw error;
  const choose = (chosen: Period) => {
    setPeriod(chosen);
    setPage(1);
  };
  return (
    <Page
      title={say("statement.title")}
      description={say("statement.description")}
      actions={<Download period={period} say={say} />}
    >
      <PeriodChoice period={period} onChoose={choose} />
      <Summary statement={data} period={period} say={say} />
      <Table
        header={<Header counter={data ? `(${data.count})` : ""}>{say("statement.lines")}</Header>}
        columnDefinitions={columns}
        items={data?.lines ?? []}
        loading={isPending}
        loadingText={say("loading")}
        {...paged({ page, total: data?.count ?? 0, label: say("statement.pages"), onPage: setPage })}
        empty={<Box textAlign="center">{say("statement.empty")}</Box>}
      />
    </Page>
  );
}

interface SummaryProps {
  statement: Wire["Statement"] | undefined;
  period: Period;
  say: Say;
}

function Summary({ statement, period, say }: SummaryProps) {
  const days = say("period.shown", { first: formatDay(period.first), last: formatDay(period.last) });
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

function Download({ period, say }: { period: Period; say: Say }) {
  const download = useMutation({
    mutationFn: () => statementSheet(period),
    onSuccess: (sheet) =>
      saveBlob(`statement-${period.first}-${period.last}.csv`, new Blob([sheet], { type: "text/csv;charset=utf-8" })),
    onError: (problem) => toasts.error(problem),
  });
  return (
    <Button iconName="download" loading={download.isPending} onClick={() => download.mutate()}>
      {say("statement.download")}
    </Button>
  );
}
