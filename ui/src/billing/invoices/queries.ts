import { queryOptions } from "@tanstack/react-query";
import { api, call, type Wire } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";

export type Invoice = Wire["Invoice"];
export type InvoiceLine = Wire["InvoiceLine"];
export type Side = Wire["InvoiceSide"];

export const SIDES: readonly Side[] = ["consumer", "provider"];
const LOOK_AGAIN_MS = 10_000;

/** A month's invoice; the present month's is as of now. */
export const invoiceQuery = (month: string, side: Side) =>
  queryOptions({
    queryKey: [...keys.cash, "invoices", month, side],
    queryFn: ({ signal }) =>
      call(api.GET("/api/ledger/invoices/{month}", { params: { path: { month }, query: { side } }, signal })),
    refetchInterval: LOOK_AGAIN_MS,
  });

/** A month's invoice as CSV. */
export function invoiceSheet(month: string, side: Side): Promise<string> {
  const params = { path: { month }, query: { side } };
  return call(api.GET("/api/ledger/invoices/{month}/csv", { params, parseAs: "text" }));
}
