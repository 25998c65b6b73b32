import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SOURCES = new URL("../src/", import.meta.url).pathname;
const IS_SOURCE = /\.(js|tsx?)$/;
/** What holds every icon's name, and draws none. */
const IS_LIST = /\/(icon\/(generated|interfaces)|test-utils|i18n\/messages)\b|\.(d|test)\.tsx?$/;
/** A name, or its beginning where the rest is put together when the page runs. */
const WORDS = /["'`]([a-z][a-z0-9-]*)(["'`]|\$\{)/g;
const ICON = /^ {4}"([\w-]+)": /;

/** Says of an icon whether anything names it. */
export type IsNamed = (icon: string) => boolean;

/** The icons that the console, or a part of Cloudscape's, calls by their names. */
export function namedIcons(cloudscape: string): IsNamed {
  const texts = [SOURCES, cloudscape].flatMap(sourcesBelow).map((file) => readFileSync(file, "utf8"));
  return namedIn(texts);
}

/** The icons that stand in these texts as strings. */
export function namedIn(texts: readonly string[]): IsNamed {
  const words = new Set<string>();
  const beginnings = new Set<string>();
  for (const text of texts) {
    for (const [, word = "", end] of text.matchAll(WORDS)) {
      if (word.endsWith("-")) beginnings.add(word);
      else if (end !== "${") words.add(word);
    }
  }
  return (icon) => words.has(icon) || [...beginnings].some((beginning) => icon.startsWith(beginning));
}

/**
 * Cloudscape's module of icons with those alone that are named.
 *
 * @throws Error where the module is not written as it is known to be.
 */
export function onlyNamed(code: string, isNamed: IsNamed): string {
  const [head = "", ...icons] = code.split(/\n(?= {4}"[\w-]+": )/);
  const last = icons.pop();
  const end = last?.indexOf("\n};") ?? -1;
  if (last === undefined || end === -1) throw new Error("Cloudscape's icons are written in another way than before.");
  const all = [...icons, `${last.slice(0, end)},`];
  const kept = all.filter((icon) => isNamed(ICON.exec(icon)?.[1] ?? ""));
  return [head, ...kept].join("\n") + last.slice(end);
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && IS_SOURCE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !IS_LIST.test(file));
}
