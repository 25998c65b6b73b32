import Alert from "@cloudscape-design/components/alert";
import Container from "@cloudscape-design/components/container";
import FileUpload from "@cloudscape-design/components/file-upload";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, call } from "../api/client.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatBytes } from "../shared/format.ts";
import { readText } from "./bundle.ts";
import { isRunnable, type Draft, type WorkFile } from "./draft.ts";
import { Findings } from "./findings.tsx";
import type { StepProps } from "./launch-wizard.tsx";
import { launchMessages } from "./messages.ts";
import { NeedsForm } from "./needs-form.tsx";
import { flawsOf } from "./request.ts";
import { sentenceOf } from "./refused.ts";

/** What runs: files are chosen or dropped, and what they seem to need is shown with the lines that say so. */
export function WorkStep({ draft, change, isAskedFor }: StepProps & { isAskedFor: boolean }) {
  const say = useMessages(launchMessages);
  const analyse = useMutation({
    mutationFn: async (file: WorkFile) =>
      call(api.POST("/api/jobs/analyze", { body: { filename: file.path, content: await readText(file) } })),
    onSuccess: (analysis) => change({ type: "analysed", analysis }),
  });
  const analyseMain = (files: readonly WorkFile[], path: string | null) => {
    const main = files.find((file) => file.path === path);
    if (main === undefined) analyse.reset();
    else analyse.mutate(main);
  };
  const choose = (files: readonly WorkFile[]) => {
    change({ type: "filesChosen", files });
    const scripts = files.filter((file) => isRunnable(file.path));
    const main = scripts.find((file) => file.path === "main.py") ?? scripts[0];
    analyseMain(files, main?.path ?? null);
  };
  const refused = analyse.error === null ? null : sentenceOf(analyse.error, say);
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{say("files")}</Header>}>
        <SpaceBetween size="m">
          <Upload draft={draft} onChoose={choose} problem={refused ?? missing(draft, isAskedFor, say)} />
          {draft.files.filter((file) => isRunnable(file.path)).length > 1 && (
            <FormField label={say("entrypoint")} description={say("entrypoint.hint")}>
              <Select
                selectedOption={draft.entrypoint === null ? null : { value: draft.entrypoint }}
                options={draft.files.filter((file) => isRunnable(file.path)).map((file) => ({ value: file.path }))}
                onChange={({ detail }) => {
                  const entrypoint = detail.selectedOption.value ?? null;
                  change({ type: "filled", fields: { entrypoint } });
                  analyseMain(draft.files, entrypoint);
                }}
              />
            </FormField>
          )}
          {draft.entrypoint?.toLowerCase().endsWith(".ipynb") === true && (
            <Alert type="info">{say("notebook.hint")}</Alert>
          )}
        </SpaceBetween>
      </Container>
      {(draft.analysis !== null || analyse.isPending) && (
        <Findings analysis={draft.analysis} isPending={analyse.isPending} />
      )}
      <NeedsForm draft={draft} change={change} flaws={flawsOf(draft)} />
    </SpaceBetween>
  );
}

function missing(draft: Draft, isAskedFor: boolean, say: typeof launchMessages.say): string | null {
  if (draft.files.length > 0 && draft.entrypoint === null) return say("refused.nothing");
  return isAskedFor && draft.files.length === 0 ? say("files.needed") : null;
}

interface UploadProps {
  draft: Draft;
  problem: string | null;
  onChoose: (files: readonly WorkFile[]) => void;
}

function Upload({ draft, problem, onChoose }: UploadProps) {
  const say = useMessages(launchMessages);
  const shown = useMemo(
    () => draft.files.map(({ path, content }) => new File([content], path, { type: content.type })),
    [draft.files],
  );
  return (
    <FormField label={say("files.label")} description={say("files.hint")} errorText={problem}>
      <FileUpload
        multiple
        value={shown}
        onChange={({ detail }) => onChoose(detail.value.map((file) => ({ path: file.name, content: file })))}
        showFileSize
        i18nStrings={{
          uploadButtonText: () => say("files.choose"),
          dropzoneText: () => say("files.drop"),
          removeFileAriaLabel: (index) => say("files.remove", { file: shown[index]?.name ?? "" }),
          limitShowFewer: say("fewer"),
          limitShowMore: say("more"),
          errorIconAriaLabel: say("error"),
          formatFileSize: formatBytes,
        }}
      />
    </FormField>
  );
}
