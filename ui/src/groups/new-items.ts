import type { Wire } from "../api/client.ts";

type NewItem = Wire["NewItem"];

/** The most items that are taken in at once. */
export const MOST_ITEMS = 1000;

/** Why what was typed cannot be sent; `line` is where that begins, counted from one. */
export type Flaw = { kind: "count" } | { kind: "unclosed" | "invalid" | "inexact"; line: number };

export type Reading = { items: NewItem[]; flaw: null } | { items: null; flaw: Flaw };

/**
 * Items as they were typed, one on each line: JSON where a line is that, else its text.
 *
 * JSON that opens a bracket goes on until that is closed, over as many lines as it takes. A number that would not arrive
 * as it stands there is a flaw, never rounded.
 */
export function readItems(text: string): Reading {
  const items: NewItem[] = [];
  for (const { line, lines, isClosed } of piecesOf(text)) {
    if (!isClosed) return { items: null, flaw: { kind: "unclosed", line } };
    const written = lines.join("\n");
    const item = itemOf(written);
    if (item === null && lines.length > 1) return { items: null, flaw: { kind: "invalid", line } };
    if (item !== null && isInexact(written)) return { items: null, flaw: { kind: "inexact", line } };
    items.push(item ?? { data: written });
  }
  if (items.length === 0 || items.length > MOST_ITEMS) return { items: null, flaw: { kind: "count" } };
  return { items, flaw: null };
}

interface Piece {
  /** Where it begins, counted from one. */
  line: number;
  lines: string[];
  /** Whether every bracket that it opens is closed in it. */
  isClosed: boolean;
}

/** The lines that hold anything; those that belong to one JSON value together. */
function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let open = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    const last = pieces.at(-1);
    if (open > 0 && last !== undefined) {
      last.lines.push(trimmed);
      open += bracketsOpened(trimmed);
      last.isClosed = open <= 0;
    } else if (trimmed !== "") {
      open = /^[[{]/.test(trimmed) ? bracketsOpened(trimmed) : 0;
      pieces.push({ line: index + 1, lines: [trimmed], isClosed: open <= 0 });
    }
  }
  return pieces;
}

/** A JSON string; one that the line's end breaks off too. */
const STRINGS = /"(?:[^"\\]|\\.)*("|\\?$)/g;

/** How many more brackets a line opens than it closes, outside of strings. */
function bracketsOpened(line: string): number {
  const bare = line.replace(STRINGS, "");
  return (bare.match(/[[{]/g) ?? []).length - (bare.match(/[\]}]/g) ?? []).length;
}

/** The item that JSON stands for; null where it is none. */
function itemOf(text: string): NewItem | null {
  try {
    return { data: JSON.parse(text) as NewItem["data"] };
  } catch {
    return null; // text that is no JSON is meant as it stands
  }
}

/** Whether a number in JSON is a whole one, or so great a one, that JavaScript would make another of it. */
function isInexact(json: string): boolean {
  const numbers = json.replace(STRINGS, "").match(/-?\d[\d.eE+-]*/g) ?? [];
  return numbers.some((digits) => {
    const value = Number(digits);
    return /^-?\d+$/.test(digits) ? !Number.isSafeInteger(value) : !Number.isFinite(value);
  });
}
