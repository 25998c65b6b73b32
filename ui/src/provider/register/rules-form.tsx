import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Wire } from "../../api/client.ts";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu } from "../../shared/format.ts";
import { flawsOf, type Rules } from "./join-command.ts";
import { registerMessages } from "./messages.ts";
import { modelsOf } from "./outcome.ts";

const TRUSTS = ["guest", "member"] as const;

interface RulesFormProps {
  rules: Rules;
  trust: Wire["Trust"];
  /** Only operators admit members. */
  mayAdmitMembers: boolean;
  assessment: Wire["HardwareAssessment"] | null;
  onRules: (rules: Rules) => void;
  onTrust: (trust: Wire["Trust"]) => void;
}

/** What the owner decides before the machine joins. */
export function RulesForm({ rules, trust, mayAdmitMembers, assessment, onRules, onTrust }: RulesFormProps) {
  const say = useMessages(registerMessages);
  const flaws = flawsOf(rules);
  const fill = (field: keyof Rules) => ({
    value: rules[field],
    onChange: ({ detail }: { detail: { value: string } }) => onRules({ ...rules, [field]: detail.value }),
  });
  return (
    <Container
      header={
        <Header variant="h2" description={say("rules.description")}>
          {say("rules")}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <ColumnLayout columns={2} minColumnWidth={260}>
          <FormField
            label={say("price")}
            description={priceHint(assessment, say)}
            errorText={flaws.has("price") && say("price.wrong")}
          >
            <Input {...fill("price")} inputMode="numeric" placeholder={suggestion(assessment)} />
          </FormField>
          <FormField
            label={say("name")}
            description={say("name.hint")}
            errorText={flaws.has("name") && say("name.wrong")}
          >
            <Input {...fill("name")} />
          </FormField>
          <FormField
            label={say("region")}
            description={say("region.hint")}
            errorText={flaws.has("region") && say("region.wrong")}
          >
            <Input {...fill("region")} spellcheck={false} />
          </FormField>
          <FormField
            label={say("finish")}
            description={say("finish.hint")}
            errorText={flaws.has("finishMinutes") && say("finish.wrong")}
          >
            <Input {...fill("finishMinutes")} inputMode="numeric" />
          </FormField>
        </ColumnLayout>
        {mayAdmitMembers && (
          <FormField label={say("trust")}>
            <RadioGroup
              value={trust}
              items={TRUSTS.map((value) => ({
                value,
                label: say(`trust.${value}`),
                description: say(`trust.${value}.hint`),
              }))}
              onChange={({ detail }) => onTrust(TRUSTS.find((value) => value === detail.value) ?? "guest")}
            />
          </FormField>
        )}
      </SpaceBetween>
    </Container>
  );
}

type Assessment = RulesFormProps["assessment"];

function suggestion(assessment: Assessment): string {
  return assessment?.suggestedPricePerHour == null ? "" : String(assessment.suggestedPricePerHour);
}

function priceHint(assessment: Assessment, say: typeof registerMessages.say): string {
  const models = modelsOf(assessment?.gpus ?? []);
  if (assessment?.suggestedPricePerHour == null || models === "") return say("price.hint");
  const price = formatQu(assessment.suggestedPricePerHour);
  return `${say("price.suggested", { models, price })} ${say("price.hint")}`;
}
