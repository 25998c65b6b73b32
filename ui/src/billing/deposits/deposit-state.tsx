import ProgressBar from "@cloudscape-design/components/progress-bar";
import Skeleton from "@cloudscape-design/components/skeleton";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useMessages } from "../../i18n/messages.ts";
import { billingMessages, type Say } from "../messages.ts";
import type { Deposit } from "./queries.ts";

interface DepositStateProps {
  deposit: Pick<Deposit, "credited" | "confirmations">;
  /** How many confirmations the platform credits it with; undefined until that is known. */
  needed: number | undefined;
}

/** Where a deposit stands: credited, or so far on its way. */
export function DepositState({ deposit, needed }: DepositStateProps) {
  const say = useMessages(billingMessages);
  if (deposit.credited) return <StatusIndicator type="success">{say("deposits.credited")}</StatusIndicator>;
  if (needed === undefined) return <Skeleton />;
  return (
    <ProgressBar
      value={(deposit.confirmations / needed) * 100}
      ariaLabel={say("deposits.progress")}
      additionalInfo={confirmed(deposit, needed, say)}
    />
  );
}

/** How far it is confirmed, in words. */
export const confirmed = ({ confirmations }: Pick<Deposit, "confirmations">, needed: number, say: Say) =>
  say("deposits.confirmations", { count: confirmations, needed });
