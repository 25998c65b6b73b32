import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call, callForList, type Wire } from "../api/client.ts";
import { keys } from "../api/keys.ts";
import { onPage, ROWS_ON_A_PAGE } from "../shared/paging.ts";
import type { Period } from "./period.ts";

export type Hold = Wire["Hold"];
export type StatementLine = Wire["StatementLine"];

/** What machines are earning as yet, and what moves on the chain by itself, come without an event of their own. */
const LOOK_AGAIN_MS = 10_000;

/** What the user has, here and on the chain. */
export const balanceQuery = (address: string) =>
  queryOptions({
    queryKey: [...keys.cash, "balance", address],
    queryFn: ({ signal }) => call(api.GET("/api/wallet/{address}/balance", { params: { path: { address } }, signal })),
    refetchInterval: LOOK_AGAIN_MS,
  });

/** What holds the user's money, newest first. */
export const holdsQuery = (page: number) =>
  queryOptions({
    queryKey: [...keys.cash, "holds", page],
    queryFn: ({ signal }) => callForList(api.GET("/api/wallet/holds", { params: { query: onPage(page) }, signal })),
    refetchInterval: LOOK_AGAIN_MS,
    placeholderData: keepPreviousData,
  });

/** A page of the statement over some days, newest first, with the sums of all of it. */
export const statementQuery = ({ first, last }: Period, page: number, limit = ROWS_ON_A_PAGE) =>
  queryOptions({
    queryKey: [...keys.cash, "statement", first, last, page, limit],
    queryFn: ({ signal }) =>
      call(
        api.GET("/api/ledger/statement", {
          params: { query: { from: first, to: last, sort: "-at", ...onPage(page, limit) } },
          signal,
        }),
      ),
    refetchInterval: LOOK_AGAIN_MS,
    placeholderData: keepPreviousData,
  });

/** The whole statement over some days, as CSV. */
export function statementSheet({ first, last }: Period): Promise<string> {
  const params = { query: { from: first, to: last } };
  return call(api.GET("/api/ledger/statement.csv", { params, parseAs: "text" }));
}
