import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMessages } from "../i18n/messages.ts";
import { settingsMessages } from "./messages.ts";

/** A fresh key, shown once. */
export function NewKey({ secret, onClose }: { secret: string; onClose: () => void }) {
  const say = useMessages(settingsMessages);
  return (
    <SpaceBetween size="m">
      <Alert type="warning">{say("keys.new.once")}</Alert>
      <FormField label={say("keys.new.key")} stretch>
        <SpaceBetween size="xs">
          <Box variant="code">
            <span style={{ overflowWrap: "anywhere" }}>{secret}</span>
          </Box>
          <CopyToClipboard
            textToCopy={secret}
            copyButtonText={say("keys.new.copy")}
            copySuccessText={say("keys.new.copied")}
            copyErrorText={say("keys.new.copyFailed")}
          />
        </SpaceBetween>
      </FormField>
      <Box float="right">
        <Button variant="primary" onClick={onClose}>
          {say("keys.new.close")}
        </Button>
      </Box>
    </SpaceBetween>
  );
}
