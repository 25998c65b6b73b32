import type { Plugin } from "vite";

const STYLES = "@cloudscape-design/global-styles/index.css";
const SORTABLE = "internal/components/sortable-area";
const LAZY = "\0lazy-sortable-area";

/**
 * Leaves out of the first load what Cloudscape puts there and the console does without.
 *
 * Its own typeface stands in the style sheet as `data:` addresses, which the content security policy forbids; the console
 * has another. Drag and drop comes with every list, and is used in the table's preferences alone: it is fetched there.
 */
export function lighterCloudscape(): Plugin {
  let real: string | undefined;
  return {
    name: "lighter-cloudscape",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
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
