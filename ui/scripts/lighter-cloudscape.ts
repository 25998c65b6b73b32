import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { namedIcons, onlyNamed } from "./named-icons.ts";

const STYLES = "@cloudscape-design/global-styles/index.css";
const ICONS = "icon/generated/icons.js";
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
/** Parts that hardly anything draws, and what their modules export: they are fetched with the first that draws them. */
const RARE: Readonly<Record<string, string>> = {
  "internal/components/sortable-area/index.js": "default",
  "app-layout/visual-refresh-toolbar/drawer/global-ai-drawer.js": "AppLayoutGlobalAiDrawerImplementation",
  "app-layout/visual-refresh-toolbar/drawer/global-bottom-drawer.js": "AppLayoutBottomDrawerWrapper",
  "app-layout/visual-refresh-toolbar/drawer/global-drawer.js": "default",
  "app-layout/visual-refresh-toolbar/drawer/local-drawer.js": "AppLayoutDrawerImplementation",
  "breadcrumb-group/implementation.js": "BreadcrumbGroupImplementation",
};
const LAZY = "\0lazy:";

/**
 * Leaves out of the first load what Cloudscape puts there and the console does without.
 *
 * Its own typeface stands in the style sheet as `data:` addresses, which the content security policy forbids; the console
 * has another. Every part comes with all icons, every list with drag and drop, which the table's preferences alone use,
 * and the frame around the pages with drawers and breadcrumbs, which the console has none of. The words of parts that are
 * not drawn need not be there either.
 */
export function lighterCloudscape(): Plugin {
  const unseen = new Set(Object.keys(RARE));
  return {
    name: "lighter-cloudscape",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (MESSAGES.test(id)) return { code: `export default ${wordsOf(id.replace(/js$/, "json"))}`, map: null };
      if (id.endsWith(ICONS)) return { code: onlyNamed(code, namedIcons(id.slice(0, -ICONS.length))), map: null };
      return id.endsWith(STYLES) ? { code: code.replace(/@font-face\s*\{[^}]*\}/g, ""), map: null } : undefined;
    },
    async resolveId(source, importer) {
      if (importer?.startsWith(LAZY) === true || !mayBeRare(source)) return undefined;
      const id = (await this.resolve(source, importer, { skipSelf: true }))?.id;
      const part = Object.keys(RARE).find((path) => id?.endsWith(`/components/${path}`));
      if (id === undefined || part === undefined) return undefined;
      unseen.delete(part);
      return `${LAZY}${id}`;
    },
    load(id) {
      if (!id.startsWith(LAZY)) return undefined;
      const real = id.slice(LAZY.length);
      const name = Object.entries(RARE).find(([path]) => real.endsWith(path))?.[1] ?? "default";
      return `
        import { createElement, lazy, Suspense } from "react";
        const Part = lazy(async () => ({ default: (await import(${JSON.stringify(real)})).${name} }));
        function Lazy(props) {
          return createElement(Suspense, { fallback: null }, createElement(Part, props));
        }
        export { Lazy as ${name} };`;
    },
    buildEnd(problem) {
      if (problem === undefined && unseen.size > 0)
        this.error(`Cloudscape no longer asks for these by the known names: ${[...unseen].join(", ")}`);
    },
  };
}

/** Whether an import may be of a rare part, as far as its last word tells. */
function mayBeRare(source: string): boolean {
  const [last = ""] = source
    .replace(/(\/index)?(\.js)?$/, "")
    .split("/")
    .slice(-1);
  return Object.keys(RARE).some((path) => path.replace(/(\/index)?\.js$/, "").endsWith(`/${last}`));
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
