import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMessages } from "../i18n/messages.ts";
import { Snippet } from "../shared/snippet.tsx";
import { jobsMessages } from "./messages.ts";
import type { Job } from "./queries.ts";
import { snippetsOf, type SnippetKind } from "./snippets.ts";

const KINDS: readonly SnippetKind[] = ["sdk", "cli", "api"];

/** How this job is reached from a program, a terminal or anything that speaks HTTP. */
export function Connection({ job }: { job: Job }) {
  const say = useMessages(jobsMessages);
  const snippets = snippetsOf(job.id, location.origin);
  const copy = { label: say("copy.snippet"), done: say("copied"), failed: say("copyFailed") };
  return (
    <SpaceBetween size="l">
      <Box variant="p">{say("connect.hint")}</Box>
      {KINDS.map((kind) => (
        <Snippet key={kind} title={say(`connect.${kind}`)} text={snippets[kind]} copy={copy} />
      ))}
    </SpaceBetween>
  );
}
