import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call, callForList, type Wire } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { onPage } from "../../shared/paging.ts";

export type Deposit = Wire["Deposit"];

/** The identity that deposits go to: the user's own, for good. */
export const depositAddressQuery = queryOptions({
  queryKey: ["deposit-address"],
  queryFn: () => call(api.POST("/api/wallet/deposit-address")),
  staleTime: Infinity,
});

/** What came in, newest first. */
export const depositsQuery = (page: number) =>
  queryOptions({
    queryKey: [...keys.cash, "deposits", page],
    queryFn: ({ signal }) => callForList(api.GET("/api/wallet/deposits", { params: { query: onPage(page) }, signal })),
    placeholderData: keepPreviousData,
  });

/** Have a devnet's wallet pay to the user's deposit address. */
export function payFromDevelopmentWallet(number: number, amount: number): Promise<Wire["DevelopmentPayment"]> {
  return call(api.POST("/api/wallet/development/{number}/deposit", { params: { path: { number } }, body: { amount } }));
}
