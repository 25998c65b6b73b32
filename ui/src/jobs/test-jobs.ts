import type { Wire } from "../api/client.ts";
import type { Monitor } from "./queries.ts";

type Attempt = Wire["Attempt"];
type Checkpoint = Wire["Checkpoint"];
const ID = "00000000-0000-4000-8000-000000000001";
const BEGAN = "2026-11-22T12:00:00Z";

/** An attempt that was just made, for tests. */
export function attemptOf(given: Partial<Attempt>): Attempt {
  return {
    id: ID,
    number: 1,
    rank: 0,
    isStandby: false,
    providerId: ID,
    workerId: "north",
    status: "RUNNING",
    cause: null,
    error: null,
    exitCode: null,
    progress: 0,
    pricePerHour: 3600,
    billableSeconds: 0,
    cost: 0,
    gpus: [],
    simulated: true,
    resumedFrom: null,
    resumedSeconds: 0,
    readyAt: null,
    createdAt: "2026-11-22T12:00:01Z",
    startedAt: null,
    endedAt: null,
    ...given,
  };
}

/** A checkpoint, for tests. */
export function checkpointOf(given: Partial<Checkpoint>): Checkpoint {
  const unpinned = { isPinned: false, isSnapshot: false };
  return { id: ID, attempt: 1, number: 1, takenAt: BEGAN, size: 10, files: 1, ...unpinned, ...given };
}

interface MonitorGiven extends Partial<Pick<Monitor["job"], "status" | "completedAt" | "unassignableSince" | "cause">> {
  attempts?: Attempt[];
  checkpoints?: Checkpoint[];
  summary?: string;
}

/** What a monitor page is told of a job, for tests. */
export function monitorOf({ attempts = [], checkpoints = [], summary, ...job }: MonitorGiven): Monitor {
  return {
    job: { ...JOB, ...job },
    attempts,
    checkpoints,
    metrics: [],
    logs: [],
    costSoFar: 0,
    estimatedEnd: null,
    why:
      summary === undefined
        ? null
        : {
            considered: 1,
            reasons: [],
            summary,
            suggestions: [],
            fixes: [],
            waitsFor: [],
            suggestion: null,
            forStandby: false,
          },
  };
}

const JOB: Monitor["job"] = {
  id: ID,
  name: "train",
  modelType: "script",
  status: "RUNNING",
  progress: 0,
  cause: null,
  error: null,
  result: null,
  maxPrice: 3600,
  timeLimitSeconds: 600,
  holdAmount: 600,
  settledAmount: 0,
  fundsEndAt: null,
  estimatedCost: 600,
  estimatedSeconds: null,
  isHeldBack: false,
  arrayId: null,
  arrayIndex: null,
  retry: {},
  deadline: null,
  actualCost: null,
  providerId: ID,
  workerId: "north",
  attempts: 1,
  workers: 1,
  standby: false,
  simulated: true,
  resources: {
    gpuModels: [],
    gpuCount: 1,
    gpuShareMilli: 1000,
    minVramMib: 0,
    minComputeCapability: null,
    cpuCores: 1,
    memoryMib: 1024,
    diskMib: 2048,
    locations: [],
    minReliability: 0,
    isolationLevel: "bwrap",
    trust: null,
    providers: [],
    prefer: "cheapest",
    labels: {},
    avoid: [],
    spot: false,
  },
  priority: "normal",
  requirements: [],
  cancelRequested: false,
  unassignableSince: null,
  createdAt: BEGAN,
  startedAt: BEGAN,
  completedAt: null,
};
