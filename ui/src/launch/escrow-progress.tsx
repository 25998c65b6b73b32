import Alert from "@cloudscape-design/components/alert";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import Skeleton from "@cloudscape-design/components/skeleton";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import type { Wire } from "../api/client.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatQu, formatTime } from "../shared/format.ts";
import { launchMessages } from "./messages.ts";
import { escrowQuery } from "./queries.ts";

const NEEDED = 3;

/** A payment on its way into an escrow: to where, and how many of its three confirmations there are. */
export function EscrowProgress({ escrowId }: { escrowId: string }) {
  const say = useMessages(launchMessages);
  const { data: escrow, error } = useQuery(escrowQuery(escrowId));
  if (error !== null && escrow === undefined) return <Alert type="error">{error.message}</Alert>;
  if (escrow === undefined) return <Skeleton height="120px" />;
  const confirmations = confirmationsOf(escrow);
  return (
    <SpaceBetween size="m">
      {escrow.status === "AWAITING" && escrow.address !== null && (
        <KeyValuePairs
          columns={1}
          items={[
            { label: say("escrow.amount"), value: formatQu(escrow.amount) },
            { label: say("escrow.from"), value: escrow.payer ?? "–" },
            {
              label: say("escrow.to"),
              value: (
                <CopyToClipboard
                  variant="inline"
                  textToCopy={escrow.address}
                  copyButtonAriaLabel={say("copy")}
                  copySuccessText={say("copied")}
                  copyErrorText={say("copyFailed")}
                />
              ),
            },
            { label: say("escrow.until"), value: formatTime(escrow.expiresAt) },
          ]}
        />
      )}
      <ProgressBar
        value={(confirmations / NEEDED) * 100}
        label={say("escrow.confirmations")}
        description={say(`escrow.${escrow.status}`)}
        additionalInfo={say("escrow.of", { confirmations, needed: NEEDED })}
        {...(escrow.status === "LOCKED" ? { status: "success", resultText: say("escrow.LOCKED") } : {})}
      />
    </SpaceBetween>
  );
}

/** Of the payment that came in, as far as it is confirmed. */
export function confirmationsOf(escrow: Pick<Wire["Escrow"], "status" | "payments">): number {
  if (escrow.status !== "AWAITING") return NEEDED;
  return Math.max(0, ...escrow.payments.map((payment) => payment.confirmations));
}
