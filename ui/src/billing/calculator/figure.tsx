import Box from "@cloudscape-design/components/box";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { ReactNode } from "react";
import { useMessages } from "../../i18n/messages.ts";
import { calculatorMessages } from "./messages.ts";

/** Says, beside figures, that they answer a question before the one that stands in the form. */
export function FormerMark({ isFormer }: { isFormer: boolean }) {
  const say = useMessages(calculatorMessages);
  return isFormer ? <StatusIndicator type="pending">{say("former")}</StatusIndicator> : null;
}

interface FigureProps {
  isFormer: boolean;
  isMain?: boolean;
  children: ReactNode;
}

/** A figure of an answer, dimmed where it is one to a former question. */
export function Figure({ isFormer, isMain = false, children }: FigureProps) {
  return (
    <Box
      variant="span"
      color={isFormer ? "text-status-inactive" : "inherit"}
      {...(isMain && { fontSize: "heading-m", fontWeight: "bold" })}
    >
      {children}
    </Box>
  );
}
