import { useState } from "react";
import type { Wire } from "../../api/client.ts";
import type { Machine } from "../queries.ts";
import { changesOf, fieldsOf, flawsOf, type Fields } from "./edit.ts";

interface Edit {
  fields: Fields;
  set: (field: keyof Fields, text: string) => void;
  flaws: ReadonlySet<keyof Fields>;
  /** What is to be sent: nothing that somebody else has changed meanwhile is changed back with it. */
  changes: Wire["ProviderPatch"];
}

/** A form over a machine as it was when the form opened. */
export function useEdit(machine: Machine): Edit {
  const [before] = useState(machine);
  const [fields, setFields] = useState<Fields>(() => fieldsOf(before));
  return {
    fields,
    set: (field, text) => setFields((others) => ({ ...others, [field]: text })),
    flaws: flawsOf(fields, before),
    changes: changesOf(fields, before),
  };
}
