/** What an artifact can be shown as, told from its name. */
export type PreviewKind = "image" | "table" | "text";

const IMAGES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
};
const TABLES: Readonly<Record<string, string>> = { csv: ",", tsv: "\t" };
const TEXTS = ["txt", "log", "md", "json", "jsonl", "yaml", "yml", "toml", "py", "ini", "xml", "html", "out", "err"];

export const PREVIEW_BYTES = 5 << 20;
const TEXT_CHARACTERS = 100_000;
const TABLE_ROWS = 200;

function ending(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.includes(".") ? name.slice(name.lastIndexOf(".") + 1).toLowerCase() : "";
}

/** How an artifact can be looked at; null where it can only be downloaded: it is too large, or of another kind. */
export function previewKind(artifact: { path: string; size: number }): PreviewKind | null {
  if (artifact.size > PREVIEW_BYTES) return null;
  const kind = ending(artifact.path);
  if (kind in IMAGES) return "image";
  if (kind in TABLES) return "table";
  return TEXTS.includes(kind) ? "text" : null;
}

/** The type to give an image's bytes, so that the browser reads them as nothing else. */
export function imageType(path: string): string {
  return IMAGES[ending(path)] ?? "application/octet-stream";
}

/** A table's head and rows, the first of them; `isCut` says that there are more. */
export interface Sheet {
  head: readonly string[];
  rows: readonly (readonly string[])[];
  isCut: boolean;
}

export function sheetOf(path: string, text: string): Sheet {
  const rows = readSeparated(text, TABLES[ending(path)] ?? ",", TABLE_ROWS + 2);
  const [head = [], ...rest] = rows;
  return { head, rows: rest.slice(0, TABLE_ROWS), isCut: rest.length > TABLE_ROWS };
}

/** The text to show, JSON laid out, and cut where it is very long. */
export function readable(path: string, text: string): { text: string; isCut: boolean } {
  const laidOut = ending(path) === "json" ? layOut(text) : text;
  return { text: laidOut.slice(0, TEXT_CHARACTERS), isCut: laidOut.length > TEXT_CHARACTERS };
}

function layOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // a job may name anything .json: shown as it is
  }
}

/** Separated values as RFC 4180 has them: in quotes, a value may hold separators, quotes and line breaks. */
export function readSeparated(text: string, separator: string, most: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let value = "";
  let isQuoted = false;
  const endValue = () => {
    row.push(value);
    value = "";
  };
  const endRow = () => {
    endValue();
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  for (let at = 0; at < text.length && rows.length < most; at += 1) {
    const sign = text.charAt(at);
    if (isQuoted) {
      if (sign !== '"') value += sign;
      else if (text[at + 1] === '"') {
        value += sign;
        at += 1;
      } else isQuoted = false;
    } else if (sign === '"' && value === "") isQuoted = true;
    else if (sign === separator) endValue();
    else if (sign === "\n") endRow();
    else if (sign !== "\r") value += sign;
  }
  if ((value !== "" || row.length > 0) && rows.length < most) endRow();
  return rows;
}
