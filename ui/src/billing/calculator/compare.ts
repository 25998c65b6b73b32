import type { Wire } from "../../api/client.ts";
import type { Draft } from "../../launch/draft.ts";
import { flawsOf, quoteRequestOf, type Flaw } from "../../launch/request.ts";

export type Quote = Wire["Quote"];

/** What would be otherwise; an empty text, or null, leaves it as it is. */
export interface WhatIf {
  machine: string | null;
  maxPrice: string;
  minutes: string;
}

export const SAME: WhatIf = { machine: null, maxPrice: "", minutes: "" };

/** The question what a job would cost, and what it would cost if; null while one of its fields cannot be read. */
export function askedOf(draft: Draft, whatIf: WhatIf): Wire["QuoteRequest"] | null {
  const otherwise = changed(draft, whatIf);
  if (!isReadable(draft) || !isReadable(otherwise)) return null;
  const request = quoteRequestOf(draft);
  return isSame(whatIf) ? request : { ...request, whatIf: quoteRequestOf(otherwise) };
}

/** What the calculator does not ask for. */
const ELSEWHERE: readonly Flaw[] = ["attempts", "environment", "name"];

function isReadable(draft: Draft): boolean {
  const isWithoutCap = draft.maxPrice.trim() === "";
  return [...flawsOf(draft)].every((flaw) => ELSEWHERE.includes(flaw) || (flaw === "maxPrice" && isWithoutCap));
}

/** Whether nothing would be otherwise. */
export function isSame({ machine, maxPrice, minutes }: WhatIf): boolean {
  return machine === null && maxPrice.trim() === "" && minutes.trim() === "";
}

function changed(draft: Draft, { machine, maxPrice, minutes }: WhatIf): Draft {
  return {
    ...draft,
    machine: machine ?? draft.machine,
    maxPrice: maxPrice.trim() === "" ? draft.maxPrice : maxPrice,
    minutes: minutes.trim() === "" ? draft.minutes : minutes,
  };
}

export const AMOUNTS = ["pricePerHour", "likelyCost", "maximumCost", "hold"] as const;
export type AmountName = (typeof AMOUNTS)[number];

/** A figure of two quotes; `difference` is null where one of them does not know it. */
export interface Compared {
  name: AmountName;
  now: number | null;
  then: number | null;
  difference: number | null;
}

/** The amounts of two quotes side by side, QU. */
export function compare(now: Quote, then: Quote): Compared[] {
  return AMOUNTS.map((name) => {
    const [before, after] = [now[name], then[name]];
    return { name, now: before, then: after, difference: before === null || after === null ? null : after - before };
  });
}
