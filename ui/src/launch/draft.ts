import type { Wire } from "../api/client.ts";

/** A file of the work, with its content. */
export interface WorkFile {
  path: string;
  content: Blob;
}

/** What the work needs of a machine, as it stands in the form. */
export interface Needs {
  gpuCount: string;
  gpuModels: readonly string[];
  minVramGib: string;
  cpuCores: string;
  memoryGib: string;
  diskGib: string;
  locations: readonly string[];
  isolationLevel: Wire["IsolationLevel"];
  prefer: Wire["Preference"];
}

/** Everything that was entered on the way to a new job. It is kept, so that nothing is lost by leaving. */
export interface Draft {
  /** Of this one job: however often it is sent, it is created once. */
  key: string;
  step: number;
  files: readonly WorkFile[];
  entrypoint: string | null;
  analysis: Wire["Analysis"] | null;
  needs: Needs;
  /** The worker id of the machine that it is to run on; null for the best that fits. */
  machine: string | null;
  name: string;
  requirements: string;
  arguments: string;
  environment: string;
  minutes: string;
  maxPrice: string;
  attempts: string;
  isSpot: boolean;
  hasStandby: boolean;
  /** An escrow that was paid on the chain for this job. */
  escrowId: string | null;
}

export const EMPTY_NEEDS: Needs = {
  gpuCount: "1",
  gpuModels: [],
  minVramGib: "0",
  cpuCores: "1",
  memoryGib: "2",
  diskGib: "4",
  locations: [],
  isolationLevel: "bwrap",
  prefer: "cheapest",
};

/** A draft with nothing in it yet, for the machine that somebody came to rent, if for any. */
export function emptyDraft(key: string, machine: string | null = null): Draft {
  return {
    key,
    step: 0,
    files: [],
    entrypoint: null,
    analysis: null,
    needs: EMPTY_NEEDS,
    machine,
    name: "",
    requirements: "",
    arguments: "",
    environment: "",
    minutes: "60",
    maxPrice: "",
    attempts: "5",
    isSpot: false,
    hasStandby: false,
    escrowId: null,
  };
}

export type DraftAction =
  | { type: "restored"; draft: Draft }
  | { type: "filled"; fields: Partial<Omit<Draft, "key" | "files" | "analysis" | "needs">> }
  | { type: "needed"; needs: Partial<Needs> }
  | { type: "filesChosen"; files: readonly WorkFile[] }
  | { type: "analysed"; analysis: Wire["Analysis"] }
  | { type: "machineChosen"; machine: string | null; pricePerHour: number | null }
  | { type: "fixed"; resources: Wire["ResourceRequest"]; maxPrice: number | null };

export function changeDraft(draft: Draft, action: DraftAction): Draft {
  switch (action.type) {
    case "restored":
      return action.draft;
    case "filled":
      return { ...draft, ...action.fields };
    case "needed":
      return { ...draft, needs: { ...draft.needs, ...action.needs } };
    case "filesChosen":
      return withFiles(draft, action.files);
    case "analysed":
      return withAnalysis(draft, action.analysis);
    case "machineChosen":
      return {
        ...draft,
        machine: action.machine,
        maxPrice: action.pricePerHour === null ? draft.maxPrice : String(action.pricePerHour),
      };
    case "fixed":
      return withFix(draft, action);
  }
}

/** Other files are other work: what the former were found to need holds no more, what was entered by hand stays. */
function withFiles(draft: Draft, files: readonly WorkFile[]): Draft {
  const scripts = files.filter((file) => isRunnable(file.path));
  const entrypoint = scripts.find((file) => file.path === draft.entrypoint) ?? mainOf(scripts);
  const wasNamed = draft.name !== "" && !draft.files.some((file) => file.path === draft.name);
  return {
    ...draft,
    files,
    entrypoint: entrypoint?.path ?? null,
    analysis: null,
    name: wasNamed ? draft.name : (entrypoint?.path ?? ""),
  };
}

const mainOf = (scripts: readonly WorkFile[]) => scripts.find((file) => file.path === "main.py") ?? scripts[0];

export const isRunnable = (path: string): boolean => /\.(py|ipynb)$/i.test(path);

function withAnalysis(draft: Draft, analysis: Wire["Analysis"]): Draft {
  const vram = analysis.vramMib === null ? "0" : String(Math.ceil(analysis.vramMib / 1024));
  return {
    ...draft,
    analysis,
    needs: { ...draft.needs, gpuCount: analysis.needsGpu ? "1" : "0", minVramGib: vram },
    requirements: analysis.suggestedRequirements.join("\n"),
  };
}

/** A change that the platform suggests, carried into the form. */
function withFix(draft: Draft, fix: { resources: Wire["ResourceRequest"]; maxPrice: number | null }): Draft {
  const { resources } = fix;
  return {
    ...draft,
    machine: resources.providers.length === 1 ? (resources.providers[0] ?? null) : null,
    maxPrice: fix.maxPrice === null ? draft.maxPrice : String(fix.maxPrice),
    needs: {
      gpuCount: String(resources.gpuCount),
      gpuModels: resources.gpuModels,
      minVramGib: gib(resources.minVramMib),
      cpuCores: String(resources.cpuCores),
      memoryGib: gib(resources.memoryMib),
      diskGib: gib(resources.diskMib),
      locations: resources.locations,
      isolationLevel: resources.isolationLevel,
      prefer: resources.prefer,
    },
  };
}

const gib = (mib: number) => String(mib / 1024);
