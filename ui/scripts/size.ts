/** Fails where the console's first load, before the chunk of the page that is opened, is heavier than it may be. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUILD = new URL("../../serve_app/qubix_serve/console/static/", import.meta.url);
const MOST_BYTES = 250_000;

/** What the browser has to fetch for any page below `/app/`. */
const FIRST_LOAD = [
  "index.html",
  "src/app/shell.tsx",
  "src/app/page-frame.tsx",
  "node_modules/@cloudscape-design/components/i18n/messages/all.en.js",
];

interface Chunk {
  file: string;
  imports?: string[];
}

const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", BUILD), "utf8")) as Record<string, Chunk>;

function closure(names: readonly string[], seen = new Set<string>()): Set<string> {
  for (const name of names) {
    const chunk = manifest[name];
    if (chunk === undefined) throw new Error(`The build has no chunk ${name}.`);
    if (seen.has(name)) continue;
    seen.add(name);
    closure(chunk.imports ?? [], seen);
  }
  return seen;
}

const sizes = [...closure(FIRST_LOAD)].map((name) => {
  const file = manifest[name]?.file ?? "";
  return { file, bytes: gzipSync(readFileSync(new URL(file, BUILD))).length };
});
const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
for (const { file, bytes } of sizes) console.log(`${(bytes / 1000).toFixed(1).padStart(7)} kB  ${file}`);
console.log(`${(total / 1000).toFixed(1).padStart(7)} kB  first load, gzip; at most ${MOST_BYTES / 1000}`);
if (total > MOST_BYTES) process.exitCode = 1;
