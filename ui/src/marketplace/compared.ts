import type { MarketRow } from "./offers.ts";

/** An offer beside the market's best: `share` is 1 where it is the best itself, and nears 0 the farther it is from that. */
export interface Comparison {
  value: number;
  best: number;
  share: number;
}

/** How fast an offer is beside the market's fastest; null where it was not measured. */
export function speedOf(offer: MarketRow, market: readonly MarketRow[]): Comparison | null {
  if (offer.tflops <= 0) return null;
  const best = Math.max(offer.tflops, ...market.map(({ tflops }) => tflops));
  return { value: offer.tflops, best, share: offer.tflops / best };
}

/** What a TFLOP/s costs on it for an hour, beside the market's cheapest; null where it was not measured. */
export function valueOf(offer: MarketRow, market: readonly MarketRow[]): Comparison | null {
  const { pricePerTflop: value } = offer;
  if (!Number.isFinite(value)) return null;
  const best = Math.min(value, ...market.map(({ pricePerTflop }) => pricePerTflop));
  return { value, best, share: value > 0 ? best / value : 1 };
}
