import type { Wire } from "../api/client.ts";

export type Offer = Wire["Offer"];

/** Whether an offer can be rented now, and if not, why. */
export const AVAILABILITIES = ["free", "busy", "paused", "leaving", "offline"] as const;
export type Availability = (typeof AVAILABILITIES)[number];

export const TRUSTS = ["member", "guest"] as const;
export const HARDWARE = ["verified", "unverified", "simulated"] as const;
export type Hardware = (typeof HARDWARE)[number];

/** An offer as the market shows and filters it. */
export interface MarketRow {
  id: string;
  offer: Offer;
  model: string;
  machine: string;
  vram: number;
  price: number;
  location: string;
  /** Percent, 0 to 100. */
  reliability: number;
  /** fp32 TFLOP/s; 0 where nothing was measured. */
  tflops: number;
  /** QU per hour for one TFLOP/s; infinite where nothing was measured, so that it never counts as cheap. */
  pricePerTflop: number;
  trust: Wire["Trust"];
  availability: Availability;
  hardware: Hardware;
  isolation: string;
}

export function availabilityOf(offer: Offer): Availability {
  if (offer.status === "OFFLINE") return "offline";
  if (offer.status === "DRAINING") return "leaving";
  if (offer.available) return "free";
  return offer.busyUntil == null ? "paused" : "busy";
}

export function hardwareOf(offer: Offer): Hardware {
  if (offer.simulated) return "simulated";
  return offer.verified ? "verified" : "unverified";
}

export function rowOf(offer: Offer): MarketRow {
  return {
    id: offer.id,
    offer,
    model: offer.model,
    machine: offer.provider,
    vram: offer.vram,
    price: offer.price,
    location: offer.location ?? "",
    reliability: Math.round(offer.reliability * 1000) / 10,
    tflops: offer.fp32Tflops ?? 0,
    pricePerTflop: offer.pricePerTflop ?? Number.POSITIVE_INFINITY,
    trust: offer.trust,
    availability: availabilityOf(offer),
    hardware: hardwareOf(offer),
    isolation: offer.isolationLevel,
  };
}

/** How far a machine's benchmark reaches beside the market's best, 0 to 1. */
export function benchmarkShare(tflops: number, best: number): number {
  return best > 0 ? tflops / best : 0;
}
