import { useTopic } from "../api/hooks.ts";

/** Watches one topic while it is there, for pages that show a list of things to watch. */
export function Watched({ topic }: { topic: string }) {
  useTopic(topic);
  return null;
}
