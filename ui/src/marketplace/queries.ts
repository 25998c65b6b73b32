import { queryOptions } from "@tanstack/react-query";
import { api, callForList, type Listing } from "../api/client.ts";
import { keys } from "../api/keys.ts";
import type { Offer } from "./offers.ts";

const PAGE = 200;

function page(offset: number, signal: AbortSignal): Promise<Listing<Offer[]>> {
  return callForList(api.GET("/api/gpus", { params: { query: { limit: PAGE, offset } }, signal }));
}

/** What is for rent, cheapest first, the whole market. It is filtered here, so that every key press answers at once. */
export const offersQuery = queryOptions({
  queryKey: keys.offers,
  queryFn: async ({ signal }): Promise<Listing<Offer[]>> => {
    const first = await page(0, signal);
    const offsets = Array.from({ length: Math.ceil(first.total / PAGE) - 1 }, (_, index) => (index + 1) * PAGE);
    const others = await Promise.all(offsets.map((offset) => page(offset, signal)));
    // A machine that came in between pushes another from one page to the next: it is there twice.
    const all = new Map([first, ...others].flatMap(({ items }) => items.map((offer) => [offer.id, offer] as const)));
    return { items: [...all.values()], total: all.size };
  },
});
