import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const STYLES = "@cloudscape-design/global-styles/index.css";
const SORTABLE = "internal/components/sortable-area";
const MESSAGES = /i18n\/messages\/all\.[\w-]+\.js$/;
/** Parts that the console does not draw: their words are left out. Take a part from this list before you draw it. */
const NOT_DRAWN = [
  "annotation-context",
  "code-editor",
  "date-range-picker",
  "features-notification-drawer",
  "prompt-input",
  "s3-resource-selector",
  "tag-editor",
  "tree-view",
  "tutorial-panel",
];
const LAZY = "\0lazy-sortable-area";

/**
 * Leaves out of the first load what Cloudscape puts there and the console does without.
 *
 * Its own typeface stands in the style sheet as `data:` addresses, which the content security policy forbids; the console
 * has another. Drag and drop comes with every list, and is used in the table's preferences alone: it is fetched there.
 * The words of parts that are not drawn need not be there either.
 */
export function lighterCloudscape(): Plugin {
  let real: string | undefined;
  return {
    name: "lighter-cloudscape",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (MESSAGES.test(id)) return { code: `export default ${wordsOf(id.replace(/js$/, "json"))}`, map: null };
      return id.endsWith(STYLES) ? { code: code.replace(/@font-face\s*\{[^}]*\}/g, ""), map: null } : undefined;
    },
    async resolveId(source, importer) {
      if (importer === LAZY || !(source.endsWith(SORTABLE) || source.endsWith(`${SORTABLE}/index.js`)))
        return undefined;
      real = (await this.resolve(source, importer))?.id;
      return LAZY;
    },
    load(id) {
      if (id !== LAZY) return undefined;
      return `
        import { createElement, lazy, Suspense } from "react";
        const Area = lazy(() => import(${JSON.stringify(real)}));
        export default function SortableArea(props) {
          return createElement(Suspense, { fallback: null }, createElement(Area, props));
        }`;
    },
    buildEnd() {
      if (real === undefined) this.error("Cloudscape's list no longer asks for its sortable area by the known name.");
    },
  };
}

function wordsOf(file: string): string {
  const words = JSON.parse(readFileSync(file, "utf8")) as Record<string, Record<string, Record<string, unknown>>>;
  for (const languages of Object.values(words)) {
    for (const parts of Object.values(languages)) {
      for (const part of NOT_DRAWN) Reflect.deleteProperty(parts, part);
    }
  }
  return JSON.stringify(words);
}
