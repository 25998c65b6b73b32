import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import { useSyncExternalStore } from "react";
import { DENSITIES, densityChoice, themeChoice, THEMES } from "../app/appearance.ts";
import { Page } from "../app/page.tsx";
import { LANGUAGE_NAMES } from "../app/top-bar.tsx";
import { LANGUAGES, speak, useLanguage } from "../i18n/language.ts";
import { useMessages } from "../i18n/messages.ts";
import { settingsMessages } from "./messages.ts";

/** How the console looks and which language it speaks; it changes at once, and needs no saving. */
export function Component() {
  const say = useMessages(settingsMessages);
  return (
    <Page title={say("appearance.title")} description={say("appearance.description")}>
      <Container>
        <SpaceBetween size="l">
          <ThemeField />
          <DensityField />
          <LanguageField />
        </SpaceBetween>
      </Container>
    </Page>
  );
}

function ThemeField() {
  const say = useMessages(settingsMessages);
  const theme = useSyncExternalStore(themeChoice.subscribe, themeChoice.get);
  return (
    <FormField label={say("appearance.theme")} stretch>
      <Tiles
        columns={3}
        value={theme}
        items={THEMES.map((value) => ({ value, label: say(`appearance.theme.${value}`) }))}
        onChange={({ detail }) => themeChoice.set(THEMES.find((value) => value === detail.value) ?? "system")}
      />
    </FormField>
  );
}

function DensityField() {
  const say = useMessages(settingsMessages);
  const density = useSyncExternalStore(densityChoice.subscribe, densityChoice.get);
  return (
    <FormField label={say("appearance.density")} stretch>
      <Tiles
        columns={2}
        value={density}
        items={DENSITIES.map((value) => ({
          value,
          label: say(`appearance.density.${value}`),
          description: say(`appearance.density.${value}.hint`),
        }))}
        onChange={({ detail }) => densityChoice.set(DENSITIES.find((value) => value === detail.value) ?? "comfortable")}
      />
    </FormField>
  );
}

function LanguageField() {
  const say = useMessages(settingsMessages);
  const language = useLanguage();
  return (
    <FormField label={say("appearance.language")}>
      <Select
        selectedOption={{ value: language, label: LANGUAGE_NAMES[language] }}
        options={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value], lang: value }))}
        onChange={({ detail }) => speak(LANGUAGES.find((value) => value === detail.selectedOption.value) ?? "en")}
      />
    </FormField>
  );
}
