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
import { amountOrNone, startOf } from "./in-words.ts";
import { calculatorMessages, type Say } from "./messages.ts";

interface WhatIfProps {
  whatIf: WhatIf;
  onChange: (whatIf: WhatIf) => void;
  quote: Quote | undefined;
}

/** The same job on another machine, at another price, for another time, beside the one that was asked for. */
export function WhatIfForm({ whatIf, onChange, quote }: WhatIfProps) {
  const say = useMessages(calculatorMessages);
  const { data } = useQuery(offersQuery);
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
    <Container header={<Header description={say("whatIf.description")}>{say("whatIf")}</Header>}>
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
        {!isSame(whatIf) && quote?.whatIf && <Comparison now={quote} then={quote.whatIf.quote} say={say} />}
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

function Comparison({ now, then, say }: { now: Quote; then: Quote; say: Say }) {
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
  const column = (id: "now" | "then" | "difference") => amountColumn<Row>(id, say(`whatIf.${id}`), (row) => row[id]);
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
