import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useLiveEvents, useTopic } from "../../api/hooks.ts";
import { metricsQuery, type Machine } from "../queries.ts";
import { merged, readingIn, readingOf, type Reading } from "./readings.ts";

const MOST = 1000;

/** How busy a machine was in the last hour and is now, kept up as its agent reports. Null while it is asked for. */
export function useReadings(machine: Pick<Machine, "id" | "workerId">): readonly Reading[] | null {
  const { data } = useQuery(metricsQuery(machine.id));
  const [pushed, setPushed] = useState<readonly Reading[]>([]);
  useTopic(`provider:${machine.workerId}`);
  useLiveEvents((event) => {
    const reading = readingIn(event, machine.id);
    if (reading !== null) setPushed((before) => [...before, reading].slice(-MOST));
  });
  return useMemo(() => (data === undefined ? null : merged(data.map(readingOf), pushed, MOST)), [data, pushed]);
}
