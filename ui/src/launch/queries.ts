import { keepPreviousData, queryOptions, skipToken } from "@tanstack/react-query";
import { api, call, type Wire } from "../api/client.ts";
import { keys } from "../api/keys.ts";

/** The machine that somebody came to rent. */
export const machineQuery = (id: string) =>
  queryOptions({
    queryKey: keys.provider(id),
    queryFn: ({ signal }) =>
      call(api.GET("/api/providers/{provider_id}", { params: { path: { provider_id: id } }, signal })),
  });

/** Machines that would do, the best first. Asked again whenever one comes, goes or changes its price. */
export const matchQuery = (request: Wire["MatchRequest"]) =>
  queryOptions({
    queryKey: [...keys.offers, "match", request],
    queryFn: ({ signal }) => call(api.POST("/api/providers/match", { body: request, signal })),
    placeholderData: keepPreviousData,
  });

/** What the job would cost, on the market as it is. With nothing to ask, what was answered last stays. */
export const quoteQuery = (request: Wire["QuoteRequest"] | null) =>
  queryOptions({
    queryKey: [...keys.offers, "quote", request],
    queryFn:
      request === null ? skipToken : ({ signal }) => call(api.POST("/api/jobs/quote", { body: request, signal })),
    placeholderData: keepPreviousData,
  });

const LOOK_AGAIN_MS = 3000;
const MOVING: readonly Wire["EscrowStatus"][] = ["AWAITING", "RELEASING", "REFUNDING"];

/** How an escrow stands, with its confirmations. */
export const escrowQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.cash, "escrows", id],
    queryFn: ({ signal }) =>
      call(api.GET("/api/qubic/escrow/{escrow_id}", { params: { path: { escrow_id: id } }, signal })),
    refetchInterval: ({ state: { data } }) => (data && MOVING.includes(data.status) ? LOOK_AGAIN_MS : false),
  });
