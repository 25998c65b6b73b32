import Box from "@cloudscape-design/components/box";
import type { CardsProps } from "@cloudscape-design/components/cards";
import type { TableProps } from "@cloudscape-design/components/table";
import { fieldOf } from "./fields.tsx";
import type { marketplaceMessages } from "./messages.ts";
import { CAN_RENT, RentButton } from "./offer-parts.tsx";
import type { MarketRow } from "./offers.ts";
import { COLUMNS, type MarketPreferences } from "./preferences.ts";

type Say = typeof marketplaceMessages.say;

export function tableColumns(best: number, say: Say): TableProps.ColumnDefinition<MarketRow>[] {
  const fields = COLUMNS.map((id) => ({
    id,
    header: say(`column.${id}`),
    cell: (row: MarketRow) => fieldOf(id, row, best, say),
    sortingField: id,
    isRowHeader: id === "model",
    ...(id === "model" ? { minWidth: 130 } : {}),
  }));
  if (!CAN_RENT) return fields;
  const rent = { id: "actions", header: say("column.actions"), minWidth: 100 };
  return [...fields, { ...rent, cell: (row) => <RentButton row={row} /> }];
}

/** The table's columns as lines of a card, as they were chosen; the model is its heading. */
export function cardSections(
  preferences: MarketPreferences,
  best: number,
  say: Say,
): CardsProps.SectionDefinition<MarketRow>[] {
  const fields = preferences.columns
    .filter(({ id, visible }) => visible && id !== "model")
    .map(({ id }) => ({
      id,
      header: say(`column.${id}`),
      content: (row: MarketRow) => fieldOf(id, row, best, say),
      width: id === "tflops" || id === "availability" ? 100 : 50,
    }));
  return CAN_RENT ? [...fields, { id: "actions", content: (row: MarketRow) => <RentButton row={row} /> }] : fields;
}

export function CardHeader({ row }: { row: MarketRow }) {
  return (
    <>
      <Box variant="h3">{row.model}</Box>
      <Box variant="small">{row.machine}</Box>
    </>
  );
}
