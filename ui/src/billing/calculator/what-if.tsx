import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useMessages } from "../../i18n/messages.ts";
import { offersQuery } from "../../marketplace/queries.ts";
import { wholeNumber } from "../../shared/numbers.ts";
import { amountColumn } from "../../shared/tables.tsx";
import { signedQu } from "../amounts.ts";
import { compare, isSame, type Quote, type WhatIf } from "./compare.ts";
import { Figure, FormerMark } from "./figure.tsx";
import { amountOrNone, startOf } from "./in-words.ts";
import { calculatorMessages, type Say } from "./messages.ts";

interface WhatIfProps {
  whatIf: WhatIf;
  onChange: (whatIf: WhatIf) => void;
  quote: Quote | undefined;
  /** Whether that answers a question before the one that stands in the form. */
  isFormer: boolean;
}

/** The same job on another machine, at another price, for another time, beside the one that was asked for. */
export function WhatIfForm({ whatIf, onChange, quote, isFormer }: WhatIfProps) {
  const say = useMessages(calculatorMessages);
  const { data } = useQuery(offersQuery);
  const then = isSame(whatIf) ? undefined : quote?.whatIf?.quote;
  const machines = [...new Set((data?.items ?? []).map(({ provider }) => provider))].sort();
  const options = [
    { value: "", label: say("whatIf.same") },
    ...machines.map((machine) => ({ value: machine, label: machine })),
  ];
  const number = (name: "maxPrice" | "minutes", least: number) => {
    const isWrong = whatIf[name].trim() !== "" && wholeNumber(whatIf[name], { least }) === null;
    return (
      <FormField label={say(name)} errorText={isWrong ? say(`${name}.needed`) : undefined}>
        <Input
          value={whatIf[name]}
          inputMode="numeric"
          placeholder={say("whatIf.same")}
          onChange={({ detail }) => onChange({ ...whatIf, [name]: detail.value })}
        />
      </FormField>
    );
  };
  return (
    <Container
      header={
        <Header
          description={say("whatIf.description")}
          actions={<FormerMark isFormer={isFormer && then !== undefined} />}
        >
          {say("whatIf")}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <ColumnLayout columns={3} minColumnWidth={180}>
          <FormField label={say("whatIf.machine")}>
            <Select
              options={options}
              selectedOption={options.find(({ value }) => value === (whatIf.machine ?? "")) ?? null}
              filteringType="auto"
              onChange={({ detail }) =>
                onChange({ ...whatIf, machine: machines.find((one) => one === detail.selectedOption.value) ?? null })
              }
            />
          </FormField>
          {number("maxPrice", 0)}
          {number("minutes", 1)}
        </ColumnLayout>
        {quote !== undefined && then !== undefined && (
          <Comparison now={quote} then={then} isFormer={isFormer} say={say} />
        )}
      </SpaceBetween>
    </Container>
  );
}

interface Row {
  label: string;
  now: string;
  then: string;
  difference: string;
}

interface ComparisonProps {
  now: Quote;
  then: Quote;
  isFormer: boolean;
  say: Say;
}

function Comparison({ now, then, isFormer, say }: ComparisonProps) {
  const rows: Row[] = [
    { label: say("machine"), now: now.workerId ?? "–", then: then.workerId ?? "–", difference: "" },
    { label: say("starts"), now: startOf(now, say), then: startOf(then, say), difference: "" },
    ...compare(now, then).map(({ name, now: before, then: after, difference }) => ({
      label: say(name),
      now: amountOrNone(before),
      then: amountOrNone(after),
      difference: difference === null ? "–" : signedQu(difference),
    })),
  ];
  const column = (id: "now" | "then" | "difference") =>
    amountColumn<Row>(id, say(`whatIf.${id}`), (row) => <Figure isFormer={isFormer}>{row[id]}</Figure>);
  return (
    <Table
      variant="embedded"
      ariaLabels={{ tableLabel: say("whatIf.table") }}
      columnDefinitions={[
        { id: "label", header: say("whatIf.figure"), cell: (row) => row.label, isRowHeader: true, minWidth: 130 },
        column("now"),
        column("then"),
        column("difference"),
      ]}
      items={rows}
    />
  );
}
