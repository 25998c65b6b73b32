/** What keys and sessions have in common. Times are those of the wire; null for never. */
interface Credential {
  expiresAt: string | null;
  revokedAt: string | null;
}

export type CredentialState = "active" | "expired" | "revoked";

/** Whether a key or session still works at `now`, in milliseconds of the epoch. */
export function stateOf(credential: Credential, now: number): CredentialState {
  if (credential.revokedAt !== null) return "revoked";
  return credential.expiresAt !== null && Date.parse(credential.expiresAt) <= now ? "expired" : "active";
}

const DAY = 86_400;

/** For how long a new key is valid, seconds; null for good. */
export const LIFETIMES = { month: 30 * DAY, quarter: 90 * DAY, year: 365 * DAY, forever: null } as const;
export type Lifetime = keyof typeof LIFETIMES;
export const LIFETIME_NAMES: readonly Lifetime[] = ["month", "quarter", "year", "forever"];

export const SCOPES = ["read", "jobs", "provider", "money"] as const;
