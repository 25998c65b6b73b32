import "../../shared/code.css";
import "./preview.css";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Modal from "@cloudscape-design/components/modal";
import Skeleton from "@cloudscape-design/components/skeleton";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useMessages } from "../../i18n/messages.ts";
import { jobsMessages } from "../messages.ts";
import { fetchBlob, type Artifact } from "./fetch-blob.ts";
import { imageType, previewKind, readable, sheetOf } from "./preview.ts";

/** A look at a file that a job left. */
export function Preview({ artifact, onClose }: { artifact: Artifact; onClose: () => void }) {
  const say = useMessages(jobsMessages);
  const { data, error } = useQuery({
    queryKey: ["blobs", artifact.sha256],
    queryFn: () => fetchBlob(artifact),
    staleTime: Infinity,
  });
  return (
    <Modal visible size="max" header={artifact.path} closeAriaLabel={say("dismiss")} onDismiss={onClose}>
      {error !== null && <Alert type="error">{error.message}</Alert>}
      {error === null && data === undefined && <Skeleton height="300px" />}
      {data !== undefined && <Content artifact={artifact} content={data} />}
    </Modal>
  );
}

function Content({ artifact, content }: { artifact: Artifact; content: Blob }) {
  if (previewKind(artifact) === "image") return <Picture path={artifact.path} content={content} />;
  return <Words path={artifact.path} content={content} isTable={previewKind(artifact) === "table"} />;
}

function Picture({ path, content }: { path: string; content: Blob }) {
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => {
    const address = URL.createObjectURL(new Blob([content], { type: imageType(path) }));
    if (image.current !== null) image.current.src = address;
    return () => URL.revokeObjectURL(address);
  }, [path, content]);
  return <img ref={image} className="artifact-image" alt={path} />;
}

function Words({ path, content, isTable }: { path: string; content: Blob; isTable: boolean }) {
  const [text, setText] = useState<string | null>(null);
  useEffect(() => {
    let isShown = true;
    void content.text().then((read) => {
      if (isShown) setText(read);
    });
    return () => {
      isShown = false;
    };
  }, [content]);
  if (text === null) return <Skeleton height="300px" />;
  return isTable ? <SheetTable path={path} text={text} /> : <Page path={path} text={text} />;
}

interface Row {
  values: readonly string[];
  place: number;
}

function SheetTable({ path, text }: { path: string; text: string }) {
  const say = useMessages(jobsMessages);
  const sheet = sheetOf(path, text);
  return (
    <SpaceBetween size="s">
      <Table<Row>
        variant="embedded"
        ariaLabels={{ tableLabel: path }}
        items={sheet.rows.map((values, place) => ({ values, place }))}
        trackBy={(row) => String(row.place)}
        columnDefinitions={sheet.head.map((title, column) => ({
          id: String(column),
          header: title,
          isRowHeader: column === 0,
          cell: (row) => row.values[column] ?? "",
        }))}
      />
      {sheet.isCut && <Box color="text-body-secondary">{say("preview.cut")}</Box>}
    </SpaceBetween>
  );
}

function Page({ path, text }: { path: string; text: string }) {
  const say = useMessages(jobsMessages);
  const page = readable(path, text);
  return (
    <SpaceBetween size="s">
      <pre className="code artifact-text" tabIndex={0} aria-label={path}>
        {page.text}
      </pre>
      {page.isCut && <Box color="text-body-secondary">{say("preview.cut")}</Box>}
    </SpaceBetween>
  );
}
