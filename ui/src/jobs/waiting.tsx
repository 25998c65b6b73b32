import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Wire } from "../api/client.ts";
import { useFollow } from "../app/follow.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatTime } from "../shared/format.ts";
import { useFix } from "./actions/fix.ts";
import { jobsMessages } from "./messages.ts";
import type { Job } from "./queries.ts";

/** Why a job waits, and what would let it run: each fix that the platform can carry out is a button. */
export function Waiting({ job, why }: { job: Job; why: Wire["WaitingReport"] }) {
  const say = useMessages(jobsMessages);
  const follow = useFollow();
  const fix = useFix(job);
  const others = why.suggestions.filter((text) => !why.fixes.some((one) => one.text === text));
  return (
    <Alert type="info" header={say("waits")}>
      <SpaceBetween size="s">
        <Box variant="p">{capitalised(why.summary)}</Box>
        {why.freeAt && <Box variant="p">{say("freeAt", { time: formatTime(why.freeAt) })}</Box>}
        {why.waitsFor.map((awaited) => (
          <Link key={awaited.id} href={`/app/jobs/${awaited.id}/monitor`} onFollow={follow}>
            {awaited.name}: {say(`status.${awaited.status}`)}
          </Link>
        ))}
        {why.fixes.map((one) => (
          <Button key={one.text} loading={fix.isPending} onClick={() => fix.mutate(one)}>
            {say("fix", { change: capitalised(one.text) })}
          </Button>
        ))}
        {others.map((text) => (
          <Box key={text} variant="p">
            {capitalised(text)}
          </Box>
        ))}
      </SpaceBetween>
    </Alert>
  );
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
