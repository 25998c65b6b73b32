import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useMessages } from "../../i18n/messages.ts";
import { billingMessages } from "../messages.ts";
import { LOOKS, type Withdrawal } from "./withdrawal.ts";

/** Where a withdrawal stands. */
export function WithdrawalState({ withdrawal: { status } }: { withdrawal: Pick<Withdrawal, "status"> }) {
  const say = useMessages(billingMessages);
  return <StatusIndicator type={LOOKS[status]}>{say(`withdrawal.${status}`)}</StatusIndicator>;
}
