import { rememberedJson } from "../shared/preference.ts";

export const VIEWS = ["table", "cards"] as const;
export type View = (typeof VIEWS)[number];

export const COLUMNS = [
  "model",
  "availability",
  "vram",
  "price",
  "tflops",
  "pricePerTflop",
  "location",
  "reliability",
  "trust",
  "isolation",
  "hardware",
] as const;
export type Column = (typeof COLUMNS)[number];

/** The others fit a window of 1440 pixels beside the navigation. */
const HIDDEN_AT_FIRST: readonly Column[] = ["location", "reliability", "isolation", "hardware"];
export const PAGE_SIZES = [20, 50, 100] as const;

/** How this browser's reader likes the market. */
export interface MarketPreferences {
  view: View;
  columns: { id: Column; visible: boolean }[];
  pageSize: number;
  wrapLines: boolean;
  sortedBy: Column;
  isDescending: boolean;
}

/** What was remembered, as far as it still means something; a column that is new since then comes last. */
export function acceptPreferences(stored: unknown, isNarrow: boolean): MarketPreferences {
  const known: Partial<Record<keyof MarketPreferences, unknown>> =
    typeof stored === "object" && stored !== null ? stored : {};
  const columns = Array.isArray(known.columns) ? known.columns.filter(isColumnChoice) : [];
  const missing = COLUMNS.filter((id) => !columns.some((column) => column.id === id));
  return {
    view: VIEWS.find((view) => view === known.view) ?? (isNarrow ? "cards" : "table"),
    columns: [...columns, ...missing.map((id) => ({ id, visible: !HIDDEN_AT_FIRST.includes(id) }))],
    pageSize: PAGE_SIZES.find((size) => size === known.pageSize) ?? PAGE_SIZES[0],
    wrapLines: known.wrapLines !== false,
    sortedBy: COLUMNS.find((id) => id === known.sortedBy) ?? "price",
    isDescending: known.isDescending === true,
  };
}

function isColumnChoice(value: unknown): value is { id: Column; visible: boolean } {
  if (typeof value !== "object" || value === null || !("id" in value) || !("visible" in value)) return false;
  return COLUMNS.some((id) => id === value.id) && typeof value.visible === "boolean";
}

export const marketPreferences = rememberedJson("market", (stored) =>
  acceptPreferences(stored, !matchMedia("(min-width: 700px)").matches),
);
