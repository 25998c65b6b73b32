import type { Wire } from "../api/client.ts";
import { wholeNumber } from "../shared/numbers.ts";

/** What a job pays for a machine by the hour: its price is for one GPU, and for all of it where none is asked for. */
export function hourlyPrice(offer: Pick<Wire["Offer"], "price">, gpuCount: string): number {
  return offer.price * Math.max(1, wholeNumber(gpuCount, { least: 0 }) ?? 1);
}
