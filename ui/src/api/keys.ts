/**
 * The keys of what is cached. The first word is the noun: an event of the platform makes stale all that begin with it,
 * see `invalidation.ts`.
 */
export const keys = {
  platform: ["platform"],
  me: ["me"],
  offers: ["offers"],
  provider: (id: string) => ["providers", id],
  myProviders: ["providers", "my"],
  newProvider: (marker: string) => ["providers", "new", marker],
  machineJobs: ["providers", "my", "jobs"],
  machineMetrics: (id: string) => ["metrics", id],
  earnings: ["earnings"],
  jobs: ["jobs"],
  jobList: ["jobs", "list"],
  job: (id: string) => ["jobs", id],
  cash: ["cash"],
  groups: ["groups"],
  apiKeys: ["api-keys"],
  sessions: ["sessions"],
} as const;
