import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import DatePicker from "@cloudscape-design/components/date-picker";
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import { useState } from "react";
import { useLanguage } from "../i18n/language.ts";
import { useMessages } from "../i18n/messages.ts";
import { billingMessages } from "./messages.ts";
import { isUsable, PRESETS, type Chosen, type Period, type Preset } from "./period.ts";

type Choice = Preset | "days";
const CHOICES: readonly Choice[] = [...PRESETS, "days"];

interface PeriodChoiceProps {
  /** The days of what is chosen now. */
  period: Period;
  onChoose: (chosen: Chosen) => void;
}

/** Which days are told of: one of the usual periods, or days of the reader's choice. */
export function PeriodChoice({ period, onChoose }: PeriodChoiceProps) {
  const say = useMessages(billingMessages);
  const language = useLanguage();
  const [choice, setChoice] = useState<Choice>("thisMonth");
  const [days, setDays] = useState(period);
  const options = CHOICES.map((value) => ({ value, label: say(`period.${value}`) }));
  const choose = (value: string | undefined) => {
    const chosen = CHOICES.find((one) => one === value) ?? "thisMonth";
    setChoice(chosen);
    if (chosen === "days") setDays(period);
    onChoose(chosen === "days" ? period : chosen);
  };
  const change = (changed: Partial<Period>) => {
    const next = { ...days, ...changed };
    setDays(next);
    if (isUsable(next)) onChoose(next);
  };
  const calendar = {
    openCalendarAriaLabel: () => say("period.openCalendar"),
    todayAriaLabel: say("period.today"),
    nextMonthAriaLabel: say("period.nextMonth"),
    previousMonthAriaLabel: say("period.previousMonth"),
  };
  const field = (name: "first" | "last") => (
    <FormField
      label={say(`period.${name}`)}
      errorText={name === "last" && !isUsable(days) ? say("period.wrong") : undefined}
    >
      <DatePicker
        value={days[name]}
        locale={language}
        placeholder={say("period.mask")}
        i18nStrings={calendar}
        onChange={({ detail }) => change({ [name]: detail.value })}
      />
    </FormField>
  );
  return (
    <Container>
      <ColumnLayout columns={3} minColumnWidth={180}>
        <FormField label={say("period.label")}>
          <Select
            options={options}
            selectedOption={options.find(({ value }) => value === choice) ?? null}
            onChange={({ detail }) => choose(detail.selectedOption.value)}
          />
        </FormField>
        {choice === "days" && field("first")}
        {choice === "days" && field("last")}
      </ColumnLayout>
    </Container>
  );
}
