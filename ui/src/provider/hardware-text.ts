import type { Machine } from "./queries.ts";
import { formatMib } from "../shared/format.ts";

/** A machine's cards as people name them: "2 × RTX 4090, 24 GiB"; null for a machine without. */
export function hardwareOf({ gpus }: Pick<Machine, "gpus">): string | null {
  const counted = new Map<string, number>();
  for (const { model, vramMib } of gpus) {
    const name = vramMib > 0 ? `${model}, ${formatMib(vramMib)}` : model;
    counted.set(name, (counted.get(name) ?? 0) + 1);
  }
  if (counted.size === 0) return null;
  return [...counted].map(([name, count]) => (count === 1 ? name : `${count} × ${name}`)).join("; ");
}
