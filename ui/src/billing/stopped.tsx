import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import { useMessages } from "../i18n/messages.ts";
import { billingMessages } from "./messages.ts";

/** That nothing is sent to the chain at present, with the platform's own reason; null where all is well. */
export function Stopped({ reason }: { reason: string | null }) {
  const say = useMessages(billingMessages);
  if (reason === null) return null;
  return (
    <Alert type="warning" header={say("stopped.title")}>
      {say("stopped.hint")}
      <Box variant="small" display="block" color="inherit">
        {reason}
      </Box>
    </Alert>
  );
}
