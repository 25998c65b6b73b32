import Box from "@cloudscape-design/components/box";
import Pagination from "@cloudscape-design/components/pagination";
import type { TableProps } from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import { useIsNarrow } from "./narrow.ts";
import { pagesOf } from "./paging.ts";

type Column<T> = TableProps.ColumnDefinition<T>;

/** A column of amounts, which stand under each other to the digit. */
export function amountColumn<T>(id: string, header: string, cell: (item: T) => ReactNode): Column<T> {
  return {
    id,
    header: (
      <Box textAlign="right" fontWeight="bold" color="inherit">
        {header}
      </Box>
    ),
    cell: (item) => <Box textAlign="right">{cell(item)}</Box>,
    minWidth: 140,
  };
}

/** The columns in their order; on a phone, which shows two of them at once, these come first. */
export function useColumns<T>(columns: readonly Column<T>[], first: readonly string[]): readonly Column<T>[] {
  const isNarrow = useIsNarrow();
  if (!isNarrow) return columns;
  const place = ({ id = "" }: Column<T>) => (first.includes(id) ? first.indexOf(id) : first.length);
  return columns.toSorted((one, other) => place(one) - place(other));
}

interface PagesGiven {
  page: number;
  total: number;
  label: string;
  onPage: (page: number) => void;
}

/** A table's pages, where there is more than one. */
export function paged({ page, total, label, onPage }: PagesGiven): { pagination?: ReactNode } {
  const pagesCount = pagesOf(total);
  if (pagesCount === 1) return {};
  return {
    pagination: (
      <Pagination
        currentPageIndex={page}
        pagesCount={pagesCount}
        ariaLabels={{ paginationLabel: label }}
        onChange={({ detail }) => onPage(detail.currentPageIndex)}
      />
    ),
  };
}
