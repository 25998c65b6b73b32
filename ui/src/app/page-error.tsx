import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import { Refusal } from "../api/refusal.ts";
import { useMessages } from "../i18n/messages.ts";
import { appMessages } from "./messages.ts";

interface PageErrorProps {
  problem: unknown;
  onAgain: () => void;
}

/** Stands in for one page that could not be drawn. A refusal says why by itself; after a mistake the page is loaded anew. */
export function PageError({ problem, onAgain }: PageErrorProps) {
  const say = useMessages(appMessages);
  const isRefused = problem instanceof Refusal;
  return (
    <Box padding={{ vertical: "l" }}>
      <Alert
        type="error"
        header={say("page.failed")}
        action={<Button onClick={isRefused ? onAgain : () => location.reload()}>{say("page.again")}</Button>}
      >
        {isRefused ? problem.message : say("page.failed.hint")}
      </Alert>
    </Box>
  );
}
