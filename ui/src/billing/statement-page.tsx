import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Page } from "../app/page.tsx";
import { toasts } from "../app/toasts.ts";
import { useMessages } from "../i18n/messages.ts";
import { saveBlob } from "../shared/save.ts";
import { paged } from "../shared/tables.tsx";
import { billingMessages, type Say } from "./messages.ts";
import { useMovementColumns } from "./movements.tsx";
import { PeriodChoice } from "./period-choice.tsx";
import { usePeriod, type Chosen, type Period } from "./period.ts";
import { statementQuery, statementSheet } from "./queries.ts";
import { StatementSummary } from "./statement-summary.tsx";

/** Every movement on the user's balance over some days, the newest first. */
export function Component() {
  const say = useMessages(billingMessages);
  const [chosen, setChosen] = useState<Chosen>("thisMonth");
  const period = usePeriod(chosen);
  // A month may begin while the page is open, and be shorter than the page that was looked at.
  const [turned, setTurned] = useState({ page: 1, of: period.first });
  const page = turned.of === period.first ? turned.page : 1;
  const setPage = (next: number) => setTurned({ page: next, of: period.first });
  const columns = useMovementColumns();
  const { data, isPending, error } = useQuery(statementQuery(period, page));
  if (error !== null && data === undefined) throw error;
  const choose = (next: Chosen) => {
    setChosen(next);
    setPage(1);
  };
  return (
    <Page
      title={say("statement.title")}
      description={say("statement.description")}
      actions={<Download period={period} say={say} />}
    >
      <PeriodChoice period={period} onChoose={choose} />
      <StatementSummary statement={data} period={period} />
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
