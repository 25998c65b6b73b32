import type { Wire } from "../api/client.ts";
import { wholeNumber } from "../shared/numbers.ts";
import type { Draft, Needs } from "./draft.ts";

type Resources = Wire["ResourceRequest"];

/** A field of the form that cannot be read. */
export type Flaw =
  | "gpuCount"
  | "minVramGib"
  | "cpuCores"
  | "memoryGib"
  | "diskGib"
  | "minutes"
  | "maxPrice"
  | "attempts"
  | "environment"
  | "name";

/** Which fields have to be mended before the job can be asked for. */
export function flawsOf(draft: Draft): Set<Flaw> {
  const flaws = new Set<Flaw>();
  const { needs } = draft;
  const check = (flaw: Flaw, isRight: boolean) => {
    if (!isRight) flaws.add(flaw);
  };
  check("gpuCount", wholeNumber(needs.gpuCount, { least: 0 }) !== null);
  for (const name of ["minVramGib", "memoryGib", "diskGib"] as const) check(name, mibOf(needs[name]) !== null);
  check("cpuCores", wholeNumber(needs.cpuCores, { least: 1 }) !== null);
  check("minutes", wholeNumber(draft.minutes, { least: 1 }) !== null);
  check("maxPrice", wholeNumber(draft.maxPrice, { least: 0 }) !== null);
  check("attempts", wholeNumber(draft.attempts, { least: 1 }) !== null);
  check("environment", environmentOf(draft.environment) !== null);
  check("name", draft.name.trim() !== "");
  return flaws;
}

/** GiB as they were typed, in MiB: "1.5" is 1536. Null where it is no amount. */
export function mibOf(text: string): number | null {
  const trimmed = text.trim().replace(",", ".");
  if (!/^\d+(\.\d+)?$/.test(trimmed)) return null;
  return Math.round(Number(trimmed) * 1024);
}

/** What the form asks of a machine. A field that cannot be read counts as not asked for: the form says so. */
export function resourcesOf(draft: Draft): Resources {
  const { needs } = draft;
  const machine = draft.machine === null ? [] : [draft.machine];
  return {
    ...sizesOf(needs),
    gpuModels: [...needs.gpuModels],
    gpuShareMilli: 1000,
    minComputeCapability: null,
    locations: [...needs.locations],
    minReliability: 0,
    isolationLevel: needs.isolationLevel,
    trust: null,
    providers: machine,
    prefer: needs.prefer,
    labels: {},
    avoid: [],
    spot: draft.isSpot,
  };
}

function sizesOf(needs: Needs) {
  return {
    gpuCount: wholeNumber(needs.gpuCount, { least: 0 }) ?? 0,
    minVramMib: mibOf(needs.minVramGib) ?? 0,
    cpuCores: wholeNumber(needs.cpuCores, { least: 1 }) ?? 1,
    memoryMib: mibOf(needs.memoryGib) ?? 1024,
    diskMib: mibOf(needs.diskGib) ?? 2048,
  };
}

const secondsOf = (draft: Draft) => (wholeNumber(draft.minutes, { least: 1 }) ?? 60) * 60;

/** The question which machines would do, whatever their price, and whichever of them was chosen before. */
export function matchRequestOf(draft: Draft): Wire["MatchRequest"] {
  return {
    resources: { ...resourcesOf({ ...draft, machine: null }), spot: false },
    timeLimitSeconds: secondsOf(draft),
    computeNeeded: 0,
    limit: 20,
  };
}

/** The question what the job would cost. */
export function quoteRequestOf(draft: Draft): Wire["QuoteRequest"] {
  return {
    resources: resourcesOf(draft),
    timeLimitSeconds: secondsOf(draft),
    computeNeeded: 0,
    maxPrice: wholeNumber(draft.maxPrice, { least: 0 }),
  };
}

/** What runs: the text of a script, or an archive that was stored, with the script inside it. */
export type StoredWork = { source: string } | { bundleSha256: string; entrypoint: string };

/** The job itself. */
export function jobRequestOf(draft: Draft, work: StoredWork): Wire["JobCreate"] {
  return {
    modelType: "script",
    name: draft.name.trim(),
    ...work,
    arguments: linesOf(draft.arguments),
    env: environmentOf(draft.environment) ?? {},
    requirements: linesOf(draft.requirements).filter((line) => !line.startsWith("#")),
    resources: resourcesOf(draft),
    maxPrice: wholeNumber(draft.maxPrice, { least: 0 }) ?? 0,
    timeLimitSeconds: secondsOf(draft),
    maxAttempts: wholeNumber(draft.attempts, { least: 1 }) ?? 1,
    standby: draft.hasStandby && !draft.isSpot,
    escrowId: draft.escrowId,
    computeNeeded: 0,
    priority: "normal",
    workers: 1,
    retry: {},
    after: [],
    afterAny: [],
  };
}

/** The lines that say something. */
export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Variables as they were typed, NAME=value on each line; null where a line is none. */
export function environmentOf(text: string): Record<string, string> | null {
  const variables: Record<string, string> = {};
  for (const line of linesOf(text)) {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return null;
    variables[name] = value;
  }
  return variables;
}
