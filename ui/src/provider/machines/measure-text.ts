import { formatMib, formatNumber } from "../../shared/format.ts";
import type { Measure } from "./readings.ts";

/** A measured value with its unit. */
export function measureText(measure: Measure, value: number): string {
  switch (measure) {
    case "gpu":
    case "cpu":
    case "memory":
      return `${formatNumber(value, 0)} %`;
    case "gpuMemory":
      return formatMib(value);
    case "temperature":
      return `${formatNumber(value, 0)} °C`;
  }
}
