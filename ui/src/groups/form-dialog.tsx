import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { useMessages } from "../i18n/messages.ts";
import { groupMessages } from "./messages.ts";

interface FormDialogProps {
  title: string;
  submitLabel: string;
  isBusy: boolean;
  problem: Error | null;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** A few fields over the page; what was typed stays where it is refused. */
export function FormDialog({ title, submitLabel, isBusy, problem, onSubmit, onClose, children }: FormDialogProps) {
  const say = useMessages(groupMessages);
  return (
    <Modal
      visible
      header={title}
      closeAriaLabel={say("cancel")}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              {say("cancel")}
            </Button>
            <Button variant="primary" loading={isBusy} onClick={onSubmit}>
              {submitLabel}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <SpaceBetween size="m">
          {problem !== null && <Alert type="error">{problem.message}</Alert>}
          {children}
        </SpaceBetween>
      </form>
    </Modal>
  );
}
