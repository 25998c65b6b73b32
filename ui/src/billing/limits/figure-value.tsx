import Box from "@cloudscape-design/components/box";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import { useMessages } from "../../i18n/messages.ts";
import { formatQu } from "../../shared/format.ts";
import { billingMessages } from "../messages.ts";
import { shareOf, usedOf, type Figure, type Limit } from "./limits.ts";

/** A limit, and how much of it is used up. */
export function FigureValue({ limit, figure }: { limit: Limit | null; figure: Figure }) {
  const say = useMessages(billingMessages);
  const allowed = limit?.[figure] ?? null;
  if (limit === null || allowed === null) return <Box color="text-body-secondary">{say("limits.none")}</Box>;
  const used = usedOf(limit, figure);
  if (used === null) return formatQu(allowed);
  return (
    <ProgressBar
      value={shareOf(used, allowed)}
      ariaLabel={say(`limits.${figure}`)}
      additionalInfo={say("limits.used", { used: formatQu(used), allowed: formatQu(allowed) })}
    />
  );
}
