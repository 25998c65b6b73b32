/** How many rows a table shows at once. */
export const ROWS_ON_A_PAGE = 25;

/** The part of a list that is on a page, which counts from 1, as the API is asked for it. */
export const onPage = (page: number, rows = ROWS_ON_A_PAGE) => ({ limit: rows, offset: (page - 1) * rows });

/** On how many pages a list of so many items is; at least on one. */
export const pagesOf = (total: number) => Math.max(1, Math.ceil(total / ROWS_ON_A_PAGE));
