import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import { useMessages } from "../i18n/messages.ts";
import { shortIdentity } from "./amounts.ts";
import "./billing.css";
import { billingMessages } from "./messages.ts";

/** An identity of the chain, to be copied; shortened where it only has to be known again. */
export function Identity({ of, isWhole = false }: { of: string; isWhole?: boolean }) {
  const say = useMessages(billingMessages);
  return (
    <CopyToClipboard
      variant="inline"
      textToCopy={of}
      textToDisplay={
        <span className={isWhole ? "identity" : "identity short"}>{isWhole ? of : shortIdentity(of)}</span>
      }
      copyButtonAriaLabel={say("copy")}
      copySuccessText={say("copied")}
      copyErrorText={say("copyFailed")}
    />
  );
}
