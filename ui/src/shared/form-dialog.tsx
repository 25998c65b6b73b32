import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useId, type ReactNode, type SubmitEvent } from "react";

interface FormDialogProps {
  title: string;
  submitLabel: string;
  cancelLabel: string;
  isBusy: boolean;
  /** Whether what is typed can be sent at all. */
  isComplete?: boolean;
  problem: Error | null;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** A few fields over the page, sent by the button or by Enter, once; what was typed stays where it is refused. */
export function FormDialog(given: FormDialogProps) {
  const { title, submitLabel, cancelLabel, isBusy, isComplete = true, problem, onClose } = given;
  const id = useId();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (isComplete && !isBusy) given.onSubmit();
  };
  return (
    <Modal
      visible
      header={title}
      closeAriaLabel={cancelLabel}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button formAction="none" variant="link" onClick={onClose}>
              {cancelLabel}
            </Button>
            <Button variant="primary" form={id} loading={isBusy} disabled={!isComplete}>
              {submitLabel}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form id={id} onSubmit={submit}>
        <SpaceBetween size="m">
          {problem !== null && <Alert type="error">{problem.message}</Alert>}
          {given.children}
        </SpaceBetween>
      </form>
    </Modal>
  );
}
