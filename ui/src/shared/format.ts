import { language } from "../i18n/language.ts";

const THIN_SPACE = "\u202f";

/** An amount of QU, always whole: 1234567 is "1 234 567 QU" with thin spaces. */
export function formatQu(amount: number): string {
  return `${formatWhole(amount)}${THIN_SPACE}QU`;
}

/** A whole number, its digits in groups of three with thin spaces between them. */
export function formatWhole(amount: number): string {
  if (!Number.isSafeInteger(amount)) throw new RangeError(`${amount} is not a whole number that can be told exactly`);
  const digits = String(Math.abs(amount)).replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
  return amount < 0 ? `\u2212${digits}` : digits;
}

/** MiB as people read it: 24576 is "24 GiB". */
export function formatMib(mib: number): string {
  return mib < 1024 ? `${formatNumber(mib, 0)} MiB` : `${formatNumber(mib / 1024, 1)} GiB`;
}

/** A part of one: 0.985 is "98.5 %". */
export function formatShare(share: number): string {
  return new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: 1 }).format(share);
}

/** A measured number with at most so many digits after the point. */
export function formatNumber(value: number, digits: number): string {
  return new Intl.NumberFormat(language(), { maximumFractionDigits: digits }).format(value);
}

/** Seconds as people read them: 3725 is "1 h 2 min", 42 is "42 s". The two greatest units. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor((whole % 86_400) / 3600), "h"],
    [Math.floor((whole % 3600) / 60), "min"],
    [whole % 60, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

/** A time of the wire (ISO 8601) in the reader's own zone. */
export function formatTime(iso: string): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}

/** Bytes as people read them: 1536 is "1.5 KiB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"] as const;
  const power = Math.min(units.length - 1, bytes > 0 ? Math.floor(Math.log2(bytes) / 10) : 0);
  const value = new Intl.NumberFormat(language(), { maximumFractionDigits: power === 0 ? 0 : 1 });
  return `${value.format(bytes / 1024 ** power)} ${units[power] ?? "B"}`;
}
