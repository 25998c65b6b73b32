import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Multiselect from "@cloudscape-design/components/multiselect";
import Select from "@cloudscape-design/components/select";
import { useQuery } from "@tanstack/react-query";
import { useMessages } from "../i18n/messages.ts";
import { offersQuery } from "../marketplace/queries.ts";
import type { Needs } from "./draft.ts";
import type { StepProps } from "./launch-wizard.tsx";
import { launchMessages } from "./messages.ts";
import type { Flaw } from "./request.ts";

type Typed = "gpuCount" | "minVramGib" | "cpuCores" | "memoryGib" | "diskGib";
const TYPED: readonly Typed[] = ["gpuCount", "minVramGib", "cpuCores", "memoryGib", "diskGib"];
const ISOLATION: readonly Needs["isolationLevel"][] = ["bwrap", "bwrap+cgroup", "gvisor", "vm", "none"];
const PREFERENCES: readonly Needs["prefer"][] = ["cheapest", "fastest", "value"];

/** What the work needs of a machine: found by the analysis, changed by whoever knows better. */
export function NeedsForm({ draft: { needs }, change, flaws }: StepProps & { flaws: ReadonlySet<Flaw> }) {
  const say = useMessages(launchMessages);
  const { data } = useQuery(offersQuery);
  const offers = data?.items ?? [];
  const models = distinct(offers.map((offer) => offer.model));
  const locations = distinct(offers.flatMap((offer) => (offer.location === null ? [] : [offer.location])));
  return (
    <Container header={<Header variant="h2">{say("needs")}</Header>}>
      <ColumnLayout columns={3} minColumnWidth={180}>
        {TYPED.map((name) => (
          <FormField key={name} label={say(`needs.${name}`)} errorText={flaws.has(name) && say("numberNeeded")}>
            <Input
              value={needs[name]}
              inputMode="decimal"
              onChange={({ detail }) => change({ type: "needed", needs: { [name]: detail.value } })}
            />
          </FormField>
        ))}
        <FormField label={say("needs.gpuModels")}>
          <Multiselect
            selectedOptions={needs.gpuModels.map((value) => ({ value }))}
            options={models.map((value) => ({ value }))}
            placeholder={say("any")}
            deselectAriaLabel={(option) => say("deselect", { name: option.value ?? "" })}
            onChange={({ detail }) =>
              change({
                type: "needed",
                needs: { gpuModels: detail.selectedOptions.flatMap(({ value }) => value ?? []) },
              })
            }
          />
        </FormField>
        <FormField label={say("needs.locations")}>
          <Multiselect
            selectedOptions={needs.locations.map((value) => ({ value }))}
            options={locations.map((value) => ({ value }))}
            placeholder={say("any")}
            empty={say("noLocations")}
            deselectAriaLabel={(option) => say("deselect", { name: option.value ?? "" })}
            onChange={({ detail }) =>
              change({
                type: "needed",
                needs: { locations: detail.selectedOptions.flatMap(({ value }) => value ?? []) },
              })
            }
          />
        </FormField>
        <FormField label={say("needs.isolation")}>
          <Select
            selectedOption={{ value: needs.isolationLevel, label: say(`isolation.${needs.isolationLevel}`) }}
            options={ISOLATION.map((value) => ({ value, label: say(`isolation.${value}`) }))}
            onChange={({ detail }) => {
              const isolationLevel = ISOLATION.find((level) => level === detail.selectedOption.value);
              if (isolationLevel !== undefined) change({ type: "needed", needs: { isolationLevel } });
            }}
          />
        </FormField>
        <FormField label={say("needs.prefer")}>
          <Select
            selectedOption={{ value: needs.prefer, label: say(`prefer.${needs.prefer}`) }}
            options={PREFERENCES.map((value) => ({ value, label: say(`prefer.${value}`) }))}
            onChange={({ detail }) => {
              const prefer = PREFERENCES.find((one) => one === detail.selectedOption.value);
              if (prefer !== undefined) change({ type: "needed", needs: { prefer } });
            }}
          />
        </FormField>
      </ColumnLayout>
    </Container>
  );
}

const distinct = (values: readonly string[]) => [...new Set(values)].sort();
