import Button from "@cloudscape-design/components/button";
import Flashbar, { type FlashbarProps } from "@cloudscape-design/components/flashbar";
import { useLiveStatus } from "../api/hooks.ts";
import { useMessages } from "../i18n/messages.ts";
import { appMessages } from "./messages.ts";
import { toasts, useToasts, type Toast } from "./toasts.ts";

/** The offline bar, and below it the toasts. */
export function Notifications() {
  const say = useMessages(appMessages);
  const isLost = useLiveStatus() === "lost";
  const shown = useToasts();
  const offline: FlashbarProps.MessageDefinition = {
    id: "offline",
    type: "warning",
    loading: true,
    content: say("offline"),
  };
  const items = [...(isLost ? [offline] : []), ...shown.map((toast) => messageOf(toast, say))];
  return (
    <Flashbar
      items={items}
      i18nStrings={{
        ariaLabel: say("toasts.label"),
        errorIconAriaLabel: say("toasts.error"),
        successIconAriaLabel: say("toasts.success"),
        infoIconAriaLabel: say("toasts.info"),
        warningIconAriaLabel: say("toasts.warning"),
        inProgressIconAriaLabel: say("toasts.progress"),
      }}
    />
  );
}

function messageOf(toast: Toast, say: typeof appMessages.say): FlashbarProps.MessageDefinition {
  const undo = () => {
    toasts.dismiss(toast.id);
    toast.undo?.();
  };
  return {
    id: toast.id,
    type: toast.type === "progress" ? "in-progress" : toast.type,
    content: toast.text,
    dismissible: toast.type !== "progress",
    dismissLabel: say("toasts.dismiss"),
    onDismiss: () => toasts.dismiss(toast.id),
    ariaRole: toast.type === "error" ? "alert" : "status",
    ...(toast.undo === undefined ? {} : { action: <Button onClick={undo}>{say("toasts.undo")}</Button> }),
  };
}
