import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState, type ReactNode } from "react";

interface TypedConfirmationProps {
  title: string;
  children: ReactNode;
  /** What has to be typed, and how that is asked for; null where a press is enough. */
  word: string | null;
  wordLabel: string;
  confirmLabel: string;
  dismissLabel: string;
  isBusy: boolean;
  onConfirm: () => void;
  onDismiss: () => void;
}

/** Asks whether somebody is sure; where money or work is lost, by having a word typed. */
export function TypedConfirmation(given: TypedConfirmationProps) {
  const [typed, setTyped] = useState("");
  const isSure = given.word === null || typed.trim() === given.word;
  return (
    <Modal
      visible
      header={given.title}
      closeAriaLabel={given.dismissLabel}
      onDismiss={given.onDismiss}
      footer={
        <Box float="right">
          <SpaceBetween size="xs" direction="horizontal">
            <Button variant="link" onClick={given.onDismiss}>
              {given.dismissLabel}
            </Button>
            <Button variant="primary" disabled={!isSure} loading={given.isBusy} onClick={given.onConfirm}>
              {given.confirmLabel}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {given.children}
        {given.word !== null && (
          <FormField label={given.wordLabel}>
            <Input
              value={typed}
              autoFocus
              autoComplete={false}
              placeholder={given.word}
              onChange={({ detail }) => setTyped(detail.value)}
              onKeyDown={({ detail }) => {
                if (detail.key === "Enter" && isSure && !given.isBusy) given.onConfirm();
              }}
            />
          </FormField>
        )}
      </SpaceBetween>
    </Modal>
  );
}
