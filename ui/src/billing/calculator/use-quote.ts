import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { Draft } from "../../launch/draft.ts";
import { quoteQuery } from "../../launch/queries.ts";
import { askedOf, type Quote, type WhatIf } from "./compare.ts";

const STILL_MS = 300;

interface Answer {
  quote: Quote | undefined;
  problem: Error | null;
  /** Whether that is of a question before the one that stands in the form. */
  isFormer: boolean;
}

/** What the form's question is answered with. It is asked once nobody types any more, and all of it can be read. */
export function useQuote(draft: Draft, whatIf: WhatIf): Answer {
  const wanted = useMemo(() => askedOf(draft, whatIf), [draft, whatIf]);
  const asked = useStill(wanted);
  const { data, error, isPlaceholderData } = useQuery(quoteQuery(asked));
  return { quote: data, problem: error, isFormer: isPlaceholderData || asked !== wanted };
}

/** A value as it was when it last stood still for a moment. */
function useStill<T>(value: T): T {
  const [still, setStill] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setStill(value), STILL_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return still;
}
