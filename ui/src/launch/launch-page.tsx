import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { useTopic } from "../api/hooks.ts";
import { Page } from "../app/page.tsx";
import { useMessages } from "../i18n/messages.ts";
import { CardSkeleton } from "../shared/skeletons.tsx";
import { LaunchWizard } from "./launch-wizard.tsx";
import { launchMessages } from "./messages.ts";
import { machineQuery } from "./queries.ts";
import { useDraft } from "./use-draft.ts";

/** From a file to a running job; for one machine where the address names it. */
export function Component() {
  const [params] = useSearchParams();
  const offer = params.get("offer");
  useTopic("marketplace");
  return offer === null ? <Launch machine={null} /> : <Rent offer={offer} />;
}

function Rent({ offer }: { offer: string }) {
  const say = useMessages(launchMessages);
  const { data, error } = useQuery(machineQuery(offer));
  if (error !== null && data === undefined) throw error;
  if (data === undefined) {
    return (
      <Page title={say("title")}>
        <CardSkeleton lines={10} />
      </Page>
    );
  }
  return <Launch machine={data.workerId} />;
}

function Launch({ machine }: { machine: string | null }) {
  const say = useMessages(launchMessages);
  const kept = useDraft(machine);
  const hasWork = kept.draft.files.length > 0;
  return (
    <Page
      title={machine === null ? say("title") : say("title.machine", { machine })}
      description={say("description")}
      actions={hasWork && <Button onClick={kept.beginAnew}>{say("beginAnew")}</Button>}
    >
      {kept.isRead ? (
        <LaunchWizard draft={kept.draft} change={kept.change} forget={kept.forget} />
      ) : (
        <CardSkeleton lines={10} />
      )}
      {hasWork && <Alert type="info">{say("kept")}</Alert>}
    </Page>
  );
}
