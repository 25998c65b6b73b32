import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";

const NAME = "virtual:theme.css";
const SOURCE = fileURLToPath(new URL("../src/app/theme.ts", import.meta.url));

/**
 * Turns `src/app/theme.ts` into a stylesheet when the console is built.
 *
 * Cloudscape's `applyTheme` writes a `<style>` into the page when it runs, which the content security policy forbids.
 */
export function themeStylesheet(): Plugin {
  let isTest = false;
  return {
    name: "theme-stylesheet",
    configResolved(config) {
      isTest = config.mode === "test";
    },
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load: async (id) => {
      if (id !== `\0${NAME}`) return undefined;
      return isTest ? "" : await stylesheet();
    },
  };
}

async function stylesheet(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: { ssr: SOURCE, write: false, minify: false },
    ssr: { noExternal: true },
  });
  if (!("output" in built)) throw new Error("The theme was not built.");
  const [entry] = built.output;
  const module = (await import(`data:text/javascript,${encodeURIComponent(entry.code)}`)) as {
    themeStylesheet: () => string;
  };
  return module.themeStylesheet();
}
