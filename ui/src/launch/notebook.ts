/** A notebook as the script that it amounts to. */
export interface NotebookScript {
  source: string;
  /** Lines that only a notebook understands, left out of the script as comments. */
  leftOut: readonly string[];
}

/**
 * A notebook's code cells, one after the other, as jobs are scripts. Magics (`%`) and commands (`!`) become comments.
 *
 * @throws SyntaxError where it is no notebook.
 */
export function scriptOf(text: string): NotebookScript {
  const notebook: unknown = JSON.parse(text);
  if (!hasCells(notebook)) throw new SyntaxError("It has no cells.");
  const leftOut: string[] = [];
  const parts = notebook.cells.flatMap((cell, index) => {
    if (cell.cell_type !== "code") return [];
    const source = typeof cell.source === "string" ? cell.source : cell.source.join("");
    const lines = source.split("\n").map((line) => {
      if (!isNotebookOnly(line)) return line;
      leftOut.push(line.trim());
      return commented(line);
    });
    return [`# %% cell ${index + 1}\n${lines.join("\n")}\n`];
  });
  return { source: parts.join("\n"), leftOut };
}

const isNotebookOnly = (line: string) => /^\s*([!%]|\?)/.test(line) || /^\s*[\w.]+\?\??\s*$/.test(line);

/** Commented out without leaving a block empty. */
function commented(line: string): string {
  const [indent = ""] = /^\s*/.exec(line) ?? [];
  const what = line.trim();
  return indent === "" ? `# ${what}` : `${indent}pass  # ${what}`;
}

interface Cell {
  cell_type: string;
  source: string | readonly string[];
}

function hasCells(value: unknown): value is { cells: readonly Cell[] } {
  if (typeof value !== "object" || value === null || !("cells" in value)) return false;
  return Array.isArray(value.cells) && value.cells.every(isCell);
}

function isCell(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("cell_type" in value)) return false;
  if (!("source" in value)) return value.cell_type !== "code";
  return typeof value.source === "string" || Array.isArray(value.source);
}
