// @vitest-environment node
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { namedIcons, namedIn, onlyNamed } from "./named-icons.ts";

const CLOUDSCAPE = new URL("../node_modules/@cloudscape-design/components/", import.meta.url).pathname;
const ICONS = readFileSync(`${CLOUDSCAPE}icon/generated/icons.js`, "utf8");
const namesIn = (code: string) => [...code.matchAll(/^ {4}"([\w-]+)": /gm)].map(([, name]) => name);

test("an icon is named whole, or by its beginning where the rest is put together", () => {
  const isNamed = namedIn([
    '<Button iconName="play" />',
    "name={`status-${type}`}",
    "'angle-' + side",
    "// a close call",
  ]);
  expect(["play", "status-error", "angle-up"].every(isNamed)).toBe(true);
  expect(["pause", "close", "stat"].some(isNamed)).toBe(false);
});

test("what is named is kept as it was, the last of them too, and the module stays one", () => {
  const all = namesIn(ICONS);
  const wanted = new Set([all[0], "close", all.at(-1)]);
  const kept = onlyNamed(ICONS, (icon) => wanted.has(icon));
  expect(namesIn(kept)).toEqual(all.filter((icon) => wanted.has(icon)));
  expect(kept).toMatch(/\n\};\nexport default icons;/);
  expect(namesIn(onlyNamed(ICONS, () => true))).toEqual(all);
  expect(() => onlyNamed("export default {}", () => true)).toThrow("in another way");
});

test("icons of the console's own and of Cloudscape's parts are found, those that nobody draws are not", () => {
  const isNamed = namedIcons(CLOUDSCAPE);
  expect(["user-profile", "calendar", "caret-down-filled", "status-negative", "treeview-expand"].every(isNamed)).toBe(
    true,
  );
  expect(["microphone", "thumbs-up", "multiscreen"].some(isNamed)).toBe(false);
});
