import { useCollection } from "@cloudscape-design/collection-hooks";
import Cards from "@cloudscape-design/components/cards";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import PropertyFilter from "@cloudscape-design/components/property-filter";
import Table from "@cloudscape-design/components/table";
import { useMemo } from "react";
import { useMessages } from "../i18n/messages.ts";
import { CardHeader, cardSections, tableColumns } from "./columns.tsx";
import { filteringOptions, filteringProperties } from "./filtering.ts";
import { MarketEmpty, NoMatch } from "./market-empty.tsx";
import { MarketPreferencesDialog } from "./market-preferences.tsx";
import { marketplaceMessages } from "./messages.ts";
import type { MarketRow } from "./offers.ts";
import { COLUMNS, type MarketPreferences } from "./preferences.ts";

interface MarketProps {
  rows: readonly MarketRow[];
  isLoading: boolean;
  preferences: MarketPreferences;
  onChange: (changes: Partial<MarketPreferences>) => void;
}

/** The offers with their filter, sorting and pages. */
export function Market({ rows, isLoading, preferences, onChange }: MarketProps) {
  const say = useMessages(marketplaceMessages);
  const best = useMemo(() => rows.reduce((most, row) => Math.max(most, row.tflops), 0), [rows]);
  const { items, actions, filteredItemsCount, collectionProps, propertyFilterProps, paginationProps } = useCollection(
    rows,
    {
      propertyFiltering: {
        filteringProperties: filteringProperties(say),
      },
      pagination: { pageSize: preferences.pageSize },
      sorting: {
        defaultState: {
          sortingColumn: { sortingField: preferences.sortedBy },
          isDescending: preferences.isDescending,
        },
      },
    },
  );
  const counter = filteredItemsCount === rows.length ? `(${rows.length})` : `(${filteredItemsCount}/${rows.length})`;
  const shared = {
    items,
    trackBy: "id" as const,
    loading: isLoading,
    loadingText: say("loading"),
    empty:
      rows.length === 0 ? (
        <MarketEmpty />
      ) : (
        <NoMatch onClear={() => actions.setPropertyFiltering({ tokens: [], operation: "and" })} />
      ),
    header: <Header counter={isLoading ? "" : counter}>{say("offers")}</Header>,
    pagination: <Pagination {...paginationProps} />,
    preferences: <MarketPreferencesDialog preferences={preferences} onChange={onChange} />,
    filter: (
      <PropertyFilter
        {...propertyFilterProps}
        filteringOptions={filteringOptions(propertyFilterProps.filteringOptions, say)}
        filteringPlaceholder={say("filter.placeholder")}
        filteringAriaLabel={say("filter.label")}
        countText={say("filter.count", { count: filteredItemsCount ?? 0 })}
        expandToViewport
      />
    ),
  };
  if (preferences.view === "cards") {
    return (
      <Cards
        {...shared}
        cardDefinition={{ header: (row) => <CardHeader row={row} />, sections: cardSections(preferences, best, say) }}
        cardsPerRow={[
          { cards: 1 },
          { minWidth: 620, cards: 2 },
          { minWidth: 1000, cards: 3 },
          { minWidth: 1900, cards: 5 },
        ]}
      />
    );
  }
  return (
    <Table
      {...shared}
      {...(collectionProps.sortingColumn === undefined ? {} : { sortingColumn: collectionProps.sortingColumn })}
      sortingDescending={collectionProps.sortingDescending ?? false}
      onSortingChange={(event) => {
        collectionProps.onSortingChange?.(event);
        const sortedBy = COLUMNS.find((id) => id === event.detail.sortingColumn.sortingField);
        if (sortedBy !== undefined) onChange({ sortedBy, isDescending: event.detail.isDescending ?? false });
      }}
      columnDefinitions={tableColumns(best, say)}
      columnDisplay={[...preferences.columns, { id: "actions", visible: true }]}
      wrapLines={preferences.wrapLines}
      stickyHeader
      resizableColumns={false}
      enableKeyboardNavigation
    />
  );
}
