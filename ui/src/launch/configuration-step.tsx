import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import Toggle from "@cloudscape-design/components/toggle";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useMessages } from "../i18n/messages.ts";
import type { StepProps } from "./launch-wizard.tsx";
import { launchMessages } from "./messages.ts";
import { hourlyPrice } from "./price.ts";
import { matchQuery } from "./queries.ts";
import { matchRequestOf, type Flaw } from "./request.ts";

/** How it runs: its packages and arguments, how long and at which price, and what happens when a machine is lost. */
export function ConfigurationStep({ draft, change, flaws }: StepProps & { flaws: ReadonlySet<Flaw> }) {
  const say = useMessages(launchMessages);
  useFirstPrice({ draft, change });
  const fill = (name: "name" | "requirements" | "arguments" | "environment" | "minutes" | "maxPrice" | "attempts") => ({
    value: draft[name],
    onChange: ({ detail }: { detail: { value: string } }) =>
      change({ type: "filled", fields: { [name]: detail.value } }),
  });
  const flawed = (flaw: Flaw, text = say("wholeNumberNeeded")) => flaws.has(flaw) && text;
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{say("program")}</Header>}>
        <SpaceBetween size="m">
          <FormField label={say("name")} errorText={flawed("name", say("name.needed"))}>
            <Input {...fill("name")} />
          </FormField>
          <FormField label={say("requirements")} description={say("requirements.hint")}>
            <Textarea {...fill("requirements")} rows={4} placeholder="numpy==2.3" spellcheck={false} />
          </FormField>
          <ColumnLayout columns={2} minColumnWidth={240}>
            <FormField label={say("arguments")} description={say("arguments.hint")}>
              <Textarea {...fill("arguments")} rows={3} placeholder={"--epochs\n10"} spellcheck={false} />
            </FormField>
            <FormField
              label={say("environment")}
              description={say("environment.hint")}
              errorText={flawed("environment", say("environment.wrong"))}
            >
              <Textarea {...fill("environment")} rows={3} placeholder="SEED=1" spellcheck={false} />
            </FormField>
          </ColumnLayout>
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">{say("limits")}</Header>}>
        <ColumnLayout columns={3} minColumnWidth={200}>
          <FormField label={say("minutes")} description={say("minutes.hint")} errorText={flawed("minutes")}>
            <Input {...fill("minutes")} inputMode="numeric" />
          </FormField>
          <FormField
            label={say(draft.isSpot ? "bid" : "maxPrice")}
            description={say(draft.isSpot ? "bid.hint" : "maxPrice.hint")}
            errorText={flawed("maxPrice")}
          >
            <Input {...fill("maxPrice")} inputMode="numeric" />
          </FormField>
          <FormField label={say("attempts")} description={say("attempts.hint")} errorText={flawed("attempts")}>
            <Input {...fill("attempts")} inputMode="numeric" />
          </FormField>
        </ColumnLayout>
      </Container>
      <Container header={<Header variant="h2">{say("safety")}</Header>}>
        <SpaceBetween size="m">
          <Toggle
            checked={draft.isSpot}
            description={say("spot.hint")}
            onChange={({ detail }) => change({ type: "filled", fields: { isSpot: detail.checked, hasStandby: false } })}
          >
            {say("spot")}
          </Toggle>
          <Toggle
            checked={draft.hasStandby}
            disabled={draft.isSpot}
            description={say("standby.hint")}
            onChange={({ detail }) => change({ type: "filled", fields: { hasStandby: detail.checked } })}
          >
            {say("standby")}
          </Toggle>
          <FormField label={say("checkpoints")} description={say("checkpoints.hint")} />
        </SpaceBetween>
      </Container>
    </SpaceBetween>
  );
}

/** Whoever has set no price begins with that of the best machine. */
function useFirstPrice({ draft, change }: StepProps): void {
  const { data } = useQuery(matchQuery(matchRequestOf(draft)));
  const chosen = data?.offers.find((one) => one.offer.provider === draft.machine) ?? data?.offers[0];
  const price = chosen === undefined ? null : String(hourlyPrice(chosen.offer, draft.needs.gpuCount));
  const isUnset = draft.maxPrice === "";
  useEffect(() => {
    if (isUnset && price !== null) change({ type: "filled", fields: { maxPrice: price } });
  }, [isUnset, price, change]);
}
