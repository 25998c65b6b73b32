import { queryOptions, skipToken } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { reportOf, type Findings } from "./adapters.ts";
import { probe } from "./probe.ts";

/** What this browser says of its machine: asked once, it does not change. */
export const findingsQuery = queryOptions({ queryKey: ["browser-hardware"], queryFn: probe, staleTime: Infinity });

/** What these findings amount to as an offer, as the platform judges it. */
export const assessmentQuery = (findings: Findings | null) =>
  queryOptions({
    queryKey: ["browser-hardware", "assessment", findings],
    queryFn:
      findings === null
        ? skipToken
        : ({ signal }) => call(api.POST("/api/hardware/detect", { body: reportOf(findings), signal })),
    staleTime: Infinity,
  });
