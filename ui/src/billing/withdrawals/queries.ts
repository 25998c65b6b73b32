import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call, callForList, type Wire } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { onPage } from "../../shared/paging.ts";
import { isOver, type Withdrawal } from "./withdrawal.ts";

const LOOK_AGAIN_MS = 5000;

/** What goes out and went out, newest first. */
export const withdrawalsQuery = (page: number) =>
  queryOptions({
    queryKey: [...keys.cash, "withdrawals", page],
    queryFn: ({ signal }) =>
      callForList(api.GET("/api/wallet/withdrawals", { params: { query: onPage(page) }, signal })),
    refetchInterval: ({ state: { data } }) =>
      data?.items.some(({ status }) => !isOver(status)) === true ? LOOK_AGAIN_MS : false,
    placeholderData: keepPreviousData,
  });

/** One of them with the steps of its life. */
export const withdrawalQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.cash, "withdrawals", "one", id],
    queryFn: ({ signal }) =>
      call(api.GET("/api/wallet/withdrawals/{withdrawal_id}", { params: { path: { withdrawal_id: id } }, signal })),
    refetchInterval: ({ state: { data } }) => (data !== undefined && !isOver(data.status) ? LOOK_AGAIN_MS : false),
  });

/** Names one withdrawal: however often it is asked for with it, it is sent once. */
export const newKey = () => bytesToHex(randomBytes(16));

export function withdraw(wanted: Wire["WithdrawalCreate"], key: string): Promise<Withdrawal> {
  return call(api.POST("/api/wallet/withdraw", { body: wanted, params: { header: { "idempotency-key": key } } }));
}
