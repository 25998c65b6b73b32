import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Select from "@cloudscape-design/components/select";
import Table from "@cloudscape-design/components/table";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useFollow } from "../../app/follow.ts";
import { Page } from "../../app/page.tsx";
import { toasts } from "../../app/toasts.ts";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu, formatTime } from "../../shared/format.ts";
import { saveBlob } from "../../shared/save.ts";
import { CardSkeleton } from "../../shared/skeletons.tsx";
import { useColumns } from "../../shared/tables.tsx";
import { billingMessages, type Say } from "../messages.ts";
import { formatMonth, useMonths } from "../period.ts";
import { invoiceColumns } from "./invoice-columns.tsx";
import { invoiceQuery, invoiceSheet, SIDES, type Invoice, type Side } from "./queries.ts";

const MONTHS = 24;

/** A month's invoice: what jobs and reservations cost, or what one's machines earned. */
export function Component() {
  const say = useMessages(billingMessages);
  const follow = useFollow();
  const months = useMonths(MONTHS);
  const [chosen, setChosen] = useState<string | null>(null);
  const month = chosen ?? months[0] ?? "";
  const [side, setSide] = useState<Side>("consumer");
  const columnDefinitions = useColumns(invoiceColumns({ say, follow, side }), ["for", "amount"]);
  const { data: invoice, isPending, error } = useQuery(invoiceQuery(month, side));
  if (error !== null && invoice === undefined) throw error;
  return (
    <Page
      title={say("invoices.title")}
      description={say("invoices.description")}
      actions={<Download month={month} side={side} say={say} />}
    >
      <Container>
        <ColumnLayout columns={3} minColumnWidth={180}>
          <FormField label={say("invoices.month")}>
            <Select
              options={months.map((value) => ({ value, label: formatMonth(value) }))}
              selectedOption={{ value: month, label: formatMonth(month) }}
              onChange={({ detail }) => setChosen(detail.selectedOption.value ?? month)}
            />
          </FormField>
          <FormField label={say("invoices.side")}>
            <Select
              options={SIDES.map((value) => ({ value, label: say(`invoices.side.${value}`) }))}
              selectedOption={{ value: side, label: say(`invoices.side.${side}`) }}
              onChange={({ detail }) => setSide(SIDES.find((one) => one === detail.selectedOption.value) ?? side)}
            />
          </FormField>
        </ColumnLayout>
      </Container>
      {invoice === undefined ? <CardSkeleton /> : <Totals invoice={invoice} say={say} />}
      <Table
        header={<Header counter={invoice ? `(${invoice.lines.length})` : ""}>{say("invoices.lines")}</Header>}
        columnDefinitions={columnDefinitions}
        items={invoice?.lines ?? []}
        trackBy="id"
        loading={isPending}
        loadingText={say("loading")}
        empty={<Box textAlign="center">{say(`invoices.empty.${side}`)}</Box>}
      />
    </Page>
  );
}

function Totals({ invoice, say }: { invoice: Invoice; say: Say }) {
  return (
    <Container
      header={
        <Header description={say("invoices.asOf", { time: formatTime(invoice.issuedAt) })}>{invoice.number}</Header>
      }
    >
      <KeyValuePairs
        columns={3}
        minColumnWidth={190}
        items={[
          { label: say("invoices.amount"), value: formatQu(invoice.amount) },
          { label: say(`invoices.fee.${invoice.side}`), value: formatQu(invoice.fee) },
          {
            label: say(`invoices.total.${invoice.side}`),
            value: <Box fontWeight="bold">{formatQu(invoice.total)}</Box>,
          },
        ]}
      />
    </Container>
  );
}

function Download({ month, side, say }: { month: string; side: Side; say: Say }) {
  const download = useMutation({
    mutationFn: () => invoiceSheet(month, side),
    onSuccess: (sheet) =>
      saveBlob(`invoice-${month}-${side}.csv`, new Blob([sheet], { type: "text/csv;charset=utf-8" })),
    onError: (problem) => toasts.error(problem),
  });
  return (
    <Button iconName="download" loading={download.isPending} onClick={() => download.mutate()}>
      {say("statement.download")}
    </Button>
  );
}
