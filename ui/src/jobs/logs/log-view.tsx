import "../../shared/code.css";
import "./log-view.css";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Skeleton from "@cloudscape-design/components/skeleton";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TextFilter from "@cloudscape-design/components/text-filter";
import Toggle from "@cloudscape-design/components/toggle";
import { useDeferredValue, useMemo, useState } from "react";
import { useMessages } from "../../i18n/messages.ts";
import { formatWhole } from "../../shared/format.ts";
import { saveText } from "../../shared/save.ts";
import { jobsMessages } from "../messages.ts";
import type { Job } from "../queries.ts";
import { isFinal } from "../status.ts";
import { asText, found } from "./log-buffer.ts";
import { LogRows } from "./log-rows.tsx";
import { useLog } from "./use-log.ts";

/** A job's output: followed while it comes, searched, downloaded. */
export function LogView({ job }: { job: Job }) {
  const say = useMessages(jobsMessages);
  const { log, isReading, problem } = useLog(job.id, isFinal(job.status));
  const [words, setWords] = useState("");
  const [hit, setHit] = useState(0);
  const [isFollowing, setIsFollowing] = useState(true);
  const wanted = useDeferredValue(words);
  const places = useMemo(() => found(log.lines, wanted), [log, wanted]);
  const current = places.length === 0 ? null : (places[hit % places.length] ?? null);
  const go = (step: number) => {
    setIsFollowing(false);
    setHit((place) => (place + step + places.length) % Math.max(1, places.length));
  };
  return (
    <SpaceBetween size="s">
      <SpaceBetween size="s" direction="horizontal" alignItems="center">
        <TextFilter
          filteringText={words}
          filteringPlaceholder={say("log.search")}
          filteringAriaLabel={say("log.search")}
          filteringClearAriaLabel={say("clear")}
          countText={words === "" ? "" : say("log.found", { count: places.length })}
          onChange={({ detail }) => {
            setWords(detail.filteringText);
            setHit(0);
            if (detail.filteringText !== "") setIsFollowing(false);
          }}
        />
        <Button
          iconName="angle-up"
          ariaLabel={say("log.previous")}
          disabled={places.length === 0}
          onClick={() => go(-1)}
        />
        <Button
          iconName="angle-down"
          ariaLabel={say("log.next")}
          disabled={places.length === 0}
          onClick={() => go(1)}
        />
        <Toggle checked={isFollowing} onChange={({ detail }) => setIsFollowing(detail.checked)}>
          {say("log.follow")}
        </Toggle>
        <Button
          iconName="download"
          disabled={log.lines.length === 0}
          onClick={() => saveText(`${job.name}-${job.id}.log`, asText(log.lines))}
        >
          {say("log.download")}
        </Button>
        <Box color="text-body-secondary">{say("log.lines", { count: formatWhole(log.lines.length) })}</Box>
      </SpaceBetween>
      {problem !== null && <Alert type="error">{problem.message}</Alert>}
      {isReading && log.lines.length === 0 && <Skeleton height="240px" />}
      {!isReading && log.lines.length === 0 && problem === null && (
        <Box textAlign="center" padding="l" color="text-body-secondary">
          {say(isFinal(job.status) ? "log.none" : "log.notYet")}
        </Box>
      )}
      {log.lines.length > 0 && (
        <LogRows
          lines={log.lines}
          places={places}
          current={current}
          isFollowing={isFollowing}
          onScrolledAway={() => setIsFollowing(false)}
          label={say("tab.logs")}
        />
      )}
    </SpaceBetween>
  );
}
