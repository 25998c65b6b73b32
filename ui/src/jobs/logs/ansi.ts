import Anser from "anser";
import { visible } from "./log-buffer.ts";

/** A part of a line that looks the same from end to end; `classes` are of `log-view.css`. */
export interface Stretch {
  text: string;
  classes: string;
}

/** A line's parts with their colours. Colours beyond the sixteen of a terminal are not shown, their text is. */
export function stretchesOf(line: string): Stretch[] {
  return Anser.ansiToJson(visible(line), { json: true, use_classes: true, remove_empty: true }).map((part) => ({
    text: part.content,
    classes: [colour(part.fg, "fg"), colour(part.bg, "bg"), ...part.decorations.map((name) => `log-${name}`)]
      .filter((name) => name !== "")
      .join(" "),
  }));
}

function colour(name: string, layer: "fg" | "bg"): string {
  return /^ansi-(bright-)?(black|red|green|yellow|blue|magenta|cyan|white)$/.test(name)
    ? `log-${layer}-${name.slice("ansi-".length)}`
    : "";
}
