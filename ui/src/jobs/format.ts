import { language } from "../i18n/language.ts";

/** A time of the wire to the second, for what happens within a job. */
export function formatMoment(iso: string): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: "short", timeStyle: "medium" }).format(new Date(iso));
}

/** Bytes as people read them: 1536 is "1.5 KiB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"] as const;
  const power = Math.min(units.length - 1, bytes > 0 ? Math.floor(Math.log2(bytes) / 10) : 0);
  const value = new Intl.NumberFormat(language(), { maximumFractionDigits: power === 0 ? 0 : 1 });
  return `${value.format(bytes / 1024 ** power)} ${units[power] ?? "B"}`;
}
