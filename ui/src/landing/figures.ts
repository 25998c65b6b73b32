import type { Wire } from "../api/client.ts";

export interface Figures {
  machines: number;
  gpus: number;
  free: number;
  /** QU per hour of the cheapest GPU that is free; null where none is. */
  from: number | null;
}

/** What the landing page tells of the market. A machine that is not online is not on the market now. */
export function figuresOf(offers: readonly Wire["Offer"][]): Figures {
  const online = offers.filter((offer) => offer.status === "ONLINE");
  const prices = online.filter((offer) => offer.available).map((offer) => offer.price);
  return {
    machines: online.length,
    gpus: online.reduce((sum, offer) => sum + offer.gpuCount, 0),
    free: online.reduce((sum, offer) => sum + (offer.available ? offer.freeGpus : 0), 0),
    from: prices.length === 0 ? null : Math.min(...prices),
  };
}
