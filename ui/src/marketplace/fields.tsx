import type { ReactNode } from "react";
import { formatNumber, formatQu, formatShare } from "../shared/format.ts";
import type { marketplaceMessages } from "./messages.ts";
import { AvailabilityCell, BenchmarkCell, OperatorCell } from "./offer-parts.tsx";
import type { MarketRow } from "./offers.ts";
import type { Column } from "./preferences.ts";

/** How each field of an offer is shown, in the table and on the cards. `best` is the market's best benchmark. */
export function fieldOf(column: Column, row: MarketRow, best: number, say: typeof marketplaceMessages.say): ReactNode {
  switch (column) {
    case "model":
      return row.model;
    case "availability":
      return <AvailabilityCell row={row} />;
    case "vram":
      return `${formatNumber(row.vram, 1)} GiB`;
    case "price":
      return formatQu(row.price);
    case "tflops":
      return <BenchmarkCell row={row} best={best} />;
    case "pricePerTflop":
      return Number.isFinite(row.pricePerTflop) ? formatQu(Math.round(row.pricePerTflop)) : say("benchmark.none");
    case "location":
      return row.location === "" ? say("location.none") : row.location;
    case "reliability":
      return formatShare(row.offer.reliability);
    case "trust":
      return <OperatorCell row={row} />;
    case "isolation":
      return row.isolation;
    case "hardware":
      return say(`hardware.${row.hardware}`);
  }
}
