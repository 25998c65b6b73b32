import { queryOptions } from "@tanstack/react-query";
import { api, callForList, type Wire } from "../api/client.ts";
import { keys } from "../api/keys.ts";

export type Offer = Wire["Offer"];

/** What is for rent, cheapest first. */
export const offersQuery = queryOptions({
  queryKey: keys.offers,
  queryFn: ({ signal }) => callForList(api.GET("/api/gpus", { params: { query: { limit: 200 } }, signal })),
});
