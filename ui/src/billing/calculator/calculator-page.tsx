import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { useReducer, useState } from "react";
import { useTopic } from "../../api/hooks.ts";
import { useFollow } from "../../app/follow.ts";
import { Page } from "../../app/page.tsx";
import { useMessages } from "../../i18n/messages.ts";
import { changeDraft, emptyDraft } from "../../launch/draft.ts";
import { NeedsForm } from "../../launch/needs-form.tsx";
import { flawsOf, type Flaw } from "../../launch/request.ts";
import { SAME, type WhatIf } from "./compare.ts";
import { calculatorMessages } from "./messages.ts";
import { QuoteFigures } from "./quote-figures.tsx";
import { useQuote } from "./use-quote.ts";
import { WhatIfForm } from "./what-if.tsx";

/** What would it cost: for these needs, for so long, at that price; and what if. */
export function Component() {
  const say = useMessages(calculatorMessages);
  const follow = useFollow();
  useTopic("marketplace");
  const [draft, change] = useReducer(changeDraft, null, () => emptyDraft(""));
  const [whatIf, setWhatIf] = useState<WhatIf>(SAME);
  const { quote, problem, isFormer } = useQuote(draft, whatIf);
  const flaws = flawsOf(draft);
  const flawed = (flaw: Flaw, text: string) => (flaws.has(flaw) ? text : undefined);
  return (
    <Page
      title={say("title")}
      description={say("description")}
      actions={
        <Button href="/app/jobs/submit" onFollow={follow}>
          {say("launch")}
        </Button>
      }
    >
      <NeedsForm draft={draft} change={change} flaws={flaws} />
      <Container header={<Header>{say("terms")}</Header>}>
        <SpaceBetween size="m">
          <ColumnLayout columns={2} minColumnWidth={220}>
            <FormField label={say("minutes")} errorText={flawed("minutes", say("minutes.needed"))}>
              <Input
                value={draft.minutes}
                inputMode="numeric"
                onChange={({ detail }) => change({ type: "filled", fields: { minutes: detail.value } })}
              />
            </FormField>
            <FormField
              label={say("maxPrice")}
              constraintText={say("maxPrice.hint")}
              errorText={draft.maxPrice.trim() === "" ? undefined : flawed("maxPrice", say("maxPrice.needed"))}
            >
              <Input
                value={draft.maxPrice}
                inputMode="numeric"
                onChange={({ detail }) => change({ type: "filled", fields: { maxPrice: detail.value } })}
              />
            </FormField>
          </ColumnLayout>
          <Toggle
            checked={draft.isSpot}
            description={say("spot.hint")}
            onChange={({ detail }) => change({ type: "filled", fields: { isSpot: detail.checked } })}
          >
            {say("spot")}
          </Toggle>
        </SpaceBetween>
      </Container>
      <QuoteFigures quote={quote} problem={problem} isFormer={isFormer} change={change} />
      <WhatIfForm whatIf={whatIf} onChange={setWhatIf} quote={quote} isFormer={isFormer} />
    </Page>
  );
}
