import type { Wire } from "../../api/client.ts";

export type LogEntry = Wire["LogEntry"];
export type LogStream = LogEntry["stream"];

/** A line of output. `number` counts from 1 over the whole job; `at` is when it began, by the runner's clock. */
export interface LogLine {
  number: number;
  attempt: number;
  rank: number;
  stream: LogStream;
  at: string;
  text: string;
}

/**
 * A job's output as lines. The platform hands it out in pieces that end anywhere: the last line of each stream may be
 * one that goes on with the next piece.
 */
export interface LogBuffer {
  readonly lines: readonly LogLine[];
  /** How far the output was read: the number of the last piece, -1 for none. */
  readonly lastSeq: number;
  /** Where in `lines` the unfinished line of a stream is. */
  readonly unfinished: ReadonlyMap<string, number>;
}

export const EMPTY_LOG: LogBuffer = { lines: [], lastSeq: -1, unfinished: new Map() };

/** The buffer with what these pieces add. Pieces that it has are passed over, so an answer may come twice. */
export function append(buffer: LogBuffer, entries: readonly LogEntry[]): LogBuffer {
  const fresh = entries.filter((entry) => entry.seq > buffer.lastSeq).sort((one, other) => one.seq - other.seq);
  const last = fresh.at(-1);
  if (last === undefined) return buffer;
  const lines = buffer.lines.slice();
  const unfinished = new Map(buffer.unfinished);
  for (const entry of fresh) addPiece(lines, unfinished, entry);
  return { lines, lastSeq: last.seq, unfinished };
}

function addPiece(lines: LogLine[], unfinished: Map<string, number>, entry: LogEntry): void {
  const stream = `${entry.attempt}/${entry.rank}/${entry.stream}`;
  const parts = entry.text.split("\n");
  const rest = parts.pop() ?? "";
  const open = unfinished.get(stream);
  const begun = open === undefined ? undefined : lines[open];
  unfinished.delete(stream);
  const add = (text: string) => lines.push(lineOf(entry, lines.length + 1, text));
  if (open !== undefined && begun !== undefined) {
    lines[open] = { ...begun, text: begun.text + (parts.shift() ?? rest) };
    if (parts.length === 0 && !entry.text.includes("\n")) {
      unfinished.set(stream, open);
      return;
    }
  }
  for (const text of parts) add(text);
  if (rest === "") return;
  unfinished.set(stream, lines.length);
  add(rest);
}

function lineOf(entry: LogEntry, number: number, text: string): LogLine {
  return { number, attempt: entry.attempt, rank: entry.rank, stream: entry.stream, at: entry.at, text };
}

const ESCAPES = new RegExp(String.raw`\u001b\[[0-9;?]*[A-Za-z]|\u001b\][^\u0007]*\u0007`, "g");

/** What a terminal would leave of a line: a progress bar that returned to the line's start shows its last state. */
export function visible(text: string): string {
  const trimmed = text.endsWith("\r") ? text.slice(0, -1) : text;
  return trimmed.slice(trimmed.lastIndexOf("\r") + 1);
}

/** A line without colours and other escapes, as it is searched and downloaded. */
export function plain(text: string): string {
  return visible(text).replace(ESCAPES, "");
}

/** Which lines, by their place, contain the words, whatever the case. None for no words. */
export function found(lines: readonly LogLine[], words: string): readonly number[] {
  const wanted = words.trim().toLowerCase();
  if (wanted === "") return [];
  const places: number[] = [];
  lines.forEach((line, place) => {
    if (plain(line.text).toLowerCase().includes(wanted)) places.push(place);
  });
  return places;
}

/** The output as a text file. */
export function asText(lines: readonly LogLine[]): string {
  return lines.map((line) => `${plain(line.text)}\n`).join("");
}
