import { WorkRefused } from "./bundle.ts";
import type { launchMessages } from "./messages.ts";

/** What to tell of a problem: the platform's own sentence, or why the files cannot be sent. */
export function sentenceOf(problem: Error, say: typeof launchMessages.say): string {
  return problem instanceof WorkRefused ? say(`refused.${problem.reason}`) : problem.message;
}
