/** The systems that instructions are told apart by. */
export const SYSTEMS = ["linux", "windows", "mac"] as const;
export type System = (typeof SYSTEMS)[number];

/** What a browser runs on. `handheld` is a phone or a tablet, `other` anything that does not say. */
export type SeenSystem = System | "handheld" | "other";

/** The system that a browser's user agent names. */
export function systemOf(userAgent: string): SeenSystem {
  const text = userAgent.toLowerCase();
  if (/android|iphone|ipad|ipod|mobile/.test(text)) return "handheld";
  if (text.includes("windows")) return "windows";
  if (/macintosh|mac os x/.test(text)) return "mac";
  if (/linux|x11|cros/.test(text)) return "linux";
  return "other";
}

/** Whose instructions are shown first: a machine that shares a GPU runs Linux unless it says otherwise. */
export function instructionsFor(seen: SeenSystem): System {
  return seen === "windows" || seen === "mac" ? seen : "linux";
}
