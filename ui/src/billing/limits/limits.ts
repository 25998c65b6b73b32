import type { Wire } from "../../api/client.ts";
import { stateOf } from "../../settings/credentials.ts";
import { wholeNumber } from "../../shared/numbers.ts";

export type Limit = Wire["SpendingLimit"];

export const FIGURES = ["perJob", "perDay", "total"] as const;
export type Figure = (typeof FIGURES)[number];

/** What may be spent, QU; null where there is no limit. */
export type Figures = Readonly<Record<Figure, number | null>>;
export type TypedFigures = Readonly<Record<Figure, string>>;

export const NONE: Figures = { perJob: null, perDay: null, total: null };

/** Limits as they are typed: nothing for no limit. */
export function typedOf(figures: Figures): TypedFigures {
  const shown = (figure: Figure) => (figures[figure] === null ? "" : String(figures[figure]));
  return { perJob: shown("perJob"), perDay: shown("perDay"), total: shown("total") };
}

/** Limits as they were typed; null where one of them is no whole number of QU. */
export function readFigures(typed: TypedFigures): Figures | null {
  const read = (text: string) => (text.trim() === "" ? null : (wholeNumber(text, { least: 0 }) ?? undefined));
  const [perJob, perDay, total] = [read(typed.perJob), read(typed.perDay), read(typed.total)];
  return perJob === undefined || perDay === undefined || total === undefined ? null : { perJob, perDay, total };
}

/** Which of them cannot be read. */
export const isFlawed = (text: string) => text.trim() !== "" && wholeNumber(text, { least: 0 }) === null;

/** What counts against a limit, QU; none counts against what one job may cost. */
export function usedOf(limit: Pick<Limit, "spentToday" | "spent" | "held">, figure: Figure): number | null {
  switch (figure) {
    case "perJob":
      return null;
    case "perDay":
      return limit.spentToday + limit.held;
    case "total":
      return limit.spent + limit.held;
  }
}

/** How much of a limit is used up, in whole per cent, at most 100. */
export function shareOf(used: number, allowed: number): number {
  if (allowed === 0) return 100;
  return Math.min(100, Math.floor((used / allowed) * 100));
}

/** Somebody or something whose spending can be limited; `limit` is null where nothing is limited. */
export interface Subject {
  keyId: string | null;
  name: string;
  limit: Limit | null;
}

/** The API keys that can be limited: those that are of use, and those that are limited. */
export function limitedKeys(limits: readonly Limit[], apiKeys: readonly Wire["ApiKey"][], now: number): Subject[] {
  const byKey = new Map(limits.map((limit) => [limit.keyId, limit]));
  return apiKeys
    .filter((key) => byKey.has(key.id) || stateOf(key, now) === "active")
    .map((key) => ({ keyId: key.id, name: key.name, limit: byKey.get(key.id) ?? null }));
}
