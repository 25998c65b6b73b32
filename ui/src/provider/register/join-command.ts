import { wholeNumber } from "../../shared/numbers.ts";

/** What the owner decides before the machine joins, as it stands in the form. Empty: the platform's own choice. */
export interface Rules {
  name: string;
  /** QU per hour and GPU. */
  price: string;
  region: string;
  /** Minutes that running jobs may take when the agent is asked to end. */
  finishMinutes: string;
}

export const NO_RULES: Rules = { name: "", price: "", region: "", finishMinutes: "10" };

export type Flaw = keyof Rules;

const LONGEST_NAME = 200;
const REGION = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const AGENTS_OWN_MINUTES = 10;

/** The fields that the agent would refuse. */
export function flawsOf(rules: Rules): ReadonlySet<Flaw> {
  const flaws = new Set<Flaw>();
  if (rules.name.trim().length > LONGEST_NAME) flaws.add("name");
  if (rules.price.trim() !== "" && wholeNumber(rules.price, { least: 0 }) === null) flaws.add("price");
  if (rules.region.trim() !== "" && !REGION.test(rules.region.trim())) flaws.add("region");
  if (wholeNumber(rules.finishMinutes, { least: 0 }) === null) flaws.add("finishMinutes");
  return flaws;
}

/** The platform's command for this token, with the rules as the agent's options. The rules have no flaws. */
export function joinCommand(command: string, rules: Rules): string {
  const price = wholeNumber(rules.price, { least: 0 });
  const minutes = wholeNumber(rules.finishMinutes, { least: 0 }) ?? AGENTS_OWN_MINUTES;
  const options: [string, string][] = [];
  if (rules.name.trim() !== "") options.push(["--name", rules.name.trim()]);
  if (price !== null) options.push(["--price", String(price)]);
  if (rules.region.trim() !== "") options.push(["--region", rules.region.trim()]);
  if (minutes !== AGENTS_OWN_MINUTES) options.push(["--drain", String(minutes * 60)]);
  // The equals sign keeps a name that begins with a hyphen from being taken for an option.
  return [command, ...options.map(([option, value]) => `${option}=${quoted(value)}`)].join(" ");
}

/** A word of a POSIX shell that stands for exactly this text. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
