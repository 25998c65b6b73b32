import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { lighterCloudscape } from "./scripts/lighter-cloudscape.ts";
import { themeStylesheet } from "./scripts/theme-stylesheet.ts";

const platform = process.env.QUBIX_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), themeStylesheet(), lighterCloudscape()],
  // Cloudscape's words come parsed: the parser is not needed for them.
  resolve: {
    alias: { "@formatjs/icu-messageformat-parser": "@formatjs/icu-messageformat-parser/lib/no-parser.js" },
  },
  build: {
    outDir: "../serve_app/qubix_serve/console/static",
    emptyOutDir: true,
    manifest: true,
    target: "es2023",
    // The content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    // The entry names every chunk that a page may ask for: without words these names weigh half.
    rolldownOptions: { output: { chunkFileNames: "assets/[hash:7].js", assetFileNames: "assets/[hash:7][extname]" } },
  },
  preview: { proxy: { "/api": platform, "/ws": { target: platform, ws: true } } },
  server: {
    proxy: { "/api": platform, "/ws": { target: platform, ws: true } },
  },
  test: {
    environment: "jsdom",
    testTimeout: 30_000,
    include: ["{src,scripts}/**/*.test.{ts,tsx}"],
    setupFiles: ["src/app/test-setup.ts"],
    server: { deps: { inline: [/@cloudscape-design\//] } },
  },
});
