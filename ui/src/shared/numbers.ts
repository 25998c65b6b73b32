/** A whole number that somebody typed, spaces between its digits allowed; null where it is none, or too small. */
export function wholeNumber(text: string, { least }: { least: number }): number | null {
  const digits = text.replace(/[\s\u202f\u00a0]/g, "");
  if (!/^\d+$/.test(digits)) return null;
  const value = Number(digits);
  return Number.isSafeInteger(value) && value >= least ? value : null;
}
