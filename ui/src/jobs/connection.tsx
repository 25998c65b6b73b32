import "../shared/code.css";
import "./snippet.css";
import Box from "@cloudscape-design/components/box";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMessages } from "../i18n/messages.ts";
import { jobsMessages } from "./messages.ts";
import type { Job } from "./queries.ts";
import { snippetsOf, type SnippetKind } from "./snippets.ts";

const KINDS: readonly SnippetKind[] = ["sdk", "cli", "api"];

/** How this job is reached from a program, a terminal or anything that speaks HTTP. */
export function Connection({ job }: { job: Job }) {
  const say = useMessages(jobsMessages);
  const snippets = snippetsOf(job.id, location.origin);
  return (
    <SpaceBetween size="l">
      <Box variant="p">{say("connect.hint")}</Box>
      {KINDS.map((kind) => (
        <div key={kind}>
          <SpaceBetween size="xs" direction="horizontal" alignItems="center">
            <Box variant="h3">{say(`connect.${kind}`)}</Box>
            <CopyToClipboard
              variant="icon"
              textToCopy={snippets[kind]}
              copyButtonAriaLabel={say("copy.snippet")}
              copySuccessText={say("copied")}
              copyErrorText={say("copyFailed")}
            />
          </SpaceBetween>
          <pre className="code code-ground snippet" tabIndex={0} aria-label={say(`connect.${kind}`)}>
            {snippets[kind]}
          </pre>
        </div>
      ))}
    </SpaceBetween>
  );
}
