import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/keys.ts";
import { toasts } from "../app/toasts.ts";
import { useMessages } from "../i18n/messages.ts";
import { settingsMessages } from "./messages.ts";
import { revokeKey, type ApiKey } from "./queries.ts";

/** Asks before a key is revoked, which cannot be undone. */
export function RevokeKey({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const say = useMessages(settingsMessages);
  const client = useQueryClient();
  const revoking = useMutation({
    mutationFn: () => revokeKey(apiKey.id),
    onSuccess: async () => {
      toasts.success(say("keys.revoked", { name: apiKey.name }));
      onClose();
      await client.invalidateQueries({ queryKey: keys.apiKeys });
    },
  });
  return (
    <Modal
      visible
      header={say("keys.revoke.title", { name: apiKey.name })}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              {say("cancel")}
            </Button>
            <Button variant="primary" loading={revoking.isPending} onClick={() => revoking.mutate()}>
              {say("keys.revoke")}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="s">
        {revoking.error !== null && <Alert type="error">{revoking.error.message}</Alert>}
        <Box>{say("keys.revoke.hint")}</Box>
      </SpaceBetween>
    </Modal>
  );
}
