import type { Wire } from "../../api/client.ts";
import type { SeenSystem } from "./system.ts";

/** What a browser's findings come to. `models` names the cards that it is sure of. */
export type Outcome = { kind: "gpu"; models: string } | { kind: "hidden" | "none" | "handheld" };

type Judged = Pick<Wire["HardwareAssessment"], "gpus">;

/** A card counts only where the platform took it for one: what draws on the CPU is never among them. */
export function outcomeOf(system: SeenSystem, { gpus }: Judged): Outcome {
  if (system === "handheld") return { kind: "handheld" };
  const models = modelsOf(gpus);
  if (models !== "") return { kind: "gpu", models };
  return { kind: gpus.length > 0 ? "hidden" : "none" };
}

/** The names of cards, each once. */
export function modelsOf(gpus: Judged["gpus"]): string {
  return [...new Set(gpus.flatMap(({ model }) => (model == null || model === "" ? [] : [model])))].join(", ");
}
