import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { toasts } from "../../app/toasts.ts";
import { useMessages } from "../../i18n/messages.ts";
import { formatBytes } from "../../shared/format.ts";
import { saveBlob } from "../../shared/save.ts";
import { jobsMessages } from "../messages.ts";
import { artifactsQuery, type Job } from "../queries.ts";
import { isFinal } from "../status.ts";
import { fetchBlob, type Artifact } from "./fetch-blob.ts";
import { Preview } from "./preview-dialog.tsx";
import { previewKind } from "./preview.ts";

/** The files that a job left: looked at where they can be, downloaded all of them. */
export function Artifacts({ job }: { job: Job }) {
  const say = useMessages(jobsMessages);
  const { data, isPending, error } = useQuery(artifactsQuery(job.id));
  const [shown, setShown] = useState<Artifact | null>(null);
  if (error !== null && data === undefined) throw error;
  return (
    <>
      <Table
        variant="embedded"
        trackBy="path"
        items={data ?? []}
        loading={isPending}
        loadingText={say("loading")}
        ariaLabels={{ tableLabel: say("tab.artifacts") }}
        columnDefinitions={[
          { id: "path", header: say("column.file"), isRowHeader: true, cell: (one) => one.path },
          { id: "size", header: say("column.size"), cell: (one) => formatBytes(one.size) },
          { id: "attempt", header: say("column.attempt"), cell: (one) => one.attempt },
          { id: "actions", header: say("column.actions"), cell: (one) => <Actions artifact={one} onShow={setShown} /> },
        ]}
        empty={
          <Box textAlign="center" padding="l">
            <Box variant="strong">{say(isFinal(job.status) ? "artifacts.none" : "artifacts.notYet")}</Box>
            <Box variant="p">{say("artifacts.hint")}</Box>
          </Box>
        }
      />
      {shown !== null && <Preview artifact={shown} onClose={() => setShown(null)} />}
    </>
  );
}

function Actions({ artifact, onShow }: { artifact: Artifact; onShow: (artifact: Artifact) => void }) {
  const say = useMessages(jobsMessages);
  const [isBusy, setIsBusy] = useState(false);
  const download = async () => {
    setIsBusy(true);
    try {
      saveBlob(artifact.path.slice(artifact.path.lastIndexOf("/") + 1), await fetchBlob(artifact));
    } catch (problem) {
      toasts.error(problem);
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <SpaceBetween size="xs" direction="horizontal">
      {previewKind(artifact) !== null && (
        <Button
          variant="inline-link"
          wrapText={false}
          ariaLabel={say("preview.of", { file: artifact.path })}
          onClick={() => onShow(artifact)}
        >
          {say("preview")}
        </Button>
      )}
      <Button
        variant="inline-link"
        wrapText={false}
        loading={isBusy}
        ariaLabel={say("download.of", { file: artifact.path })}
        onClick={() => void download()}
      >
        {say("download")}
      </Button>
    </SpaceBetween>
  );
}
