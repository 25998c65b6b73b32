import { formatQu, formatTime } from "../../shared/format.ts";
import type { Quote } from "./compare.ts";
import type { Say } from "./messages.ts";

/** An amount, or a dash where there is none to tell. */
export const amountOrNone = (amount: number | null) => (amount === null ? "–" : formatQu(amount));

/** When a job would start. */
export function startOf({ waiting, startsAt }: Quote, say: Say): string {
  if (waiting === null) return say("starts.now");
  return startsAt ? say("starts.at", { time: formatTime(startsAt) }) : say("starts.unknown");
}
