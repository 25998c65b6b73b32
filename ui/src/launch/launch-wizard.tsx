import Wizard from "@cloudscape-design/components/wizard";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type Dispatch } from "react";
import { useNavigate } from "react-router";
import type { Wire } from "../api/client.ts";
import { keys } from "../api/keys.ts";
import { toasts } from "../app/toasts.ts";
import { useMessages } from "../i18n/messages.ts";
import { workOf } from "./bundle.ts";
import type { Draft, DraftAction } from "./draft.ts";
import { launch } from "./launch.ts";
import { launchMessages } from "./messages.ts";
import { flawsOf, type Flaw } from "./request.ts";
import { sentenceOf } from "./refused.ts";
import { ConfigurationStep } from "./configuration-step.tsx";
import { MachineStep } from "./machine-step.tsx";
import { ReviewStep } from "./review-step.tsx";
import { WorkStep } from "./work-step.tsx";

export interface StepProps {
  draft: Draft;
  change: Dispatch<DraftAction>;
}

const WORK = 0;
const NEEDS: readonly Flaw[] = ["gpuCount", "minVramGib", "cpuCores", "memoryGib", "diskGib"];

/** The four steps: what runs, where, how, and off it goes. */
export function LaunchWizard({ draft, change, forget }: StepProps & { forget: () => Promise<void> }) {
  const say = useMessages(launchMessages);
  const navigate = useNavigate();
  const client = useQueryClient();
  const [wouldWait, setWouldWait] = useState<Wire["WaitingReport"] | null>(null);
  const [isIncomplete, setIsIncomplete] = useState(false);
  const flaws = flawsOf(draft);
  const send = useMutation({
    mutationFn: async () => launch(draft, await workOf(draft.files, draft.entrypoint), { mayWait: wouldWait !== null }),
    onSuccess: async (launched) => {
      if ("wouldWait" in launched) {
        setWouldWait(launched.wouldWait);
        return;
      }
      await forget();
      toasts.success(say("launched", { name: launched.job.name }));
      void client.invalidateQueries({ queryKey: keys.jobs });
      void client.invalidateQueries({ queryKey: keys.me });
      void navigate(`/app/jobs/${launched.job.id}/monitor`);
    },
  });
  const go = (step: number) => {
    const isForward = step > draft.step;
    const mayGo = !isForward || mayLeave(draft, flaws);
    setIsIncomplete(!mayGo);
    if (!mayGo) return;
    setWouldWait(null);
    send.reset();
    change({ type: "filled", fields: { step } });
  };
  return (
    <Wizard
      i18nStrings={{
        stepNumberLabel: (step) => say("step", { step }),
        collapsedStepsLabel: (step, count) => say("step.of", { step, count }),
        navigationAriaLabel: say("steps"),
        cancelButton: say("leave"),
        previousButton: say("back"),
        nextButton: say("next"),
        optional: "",
      }}
      submitButtonText={say(wouldWait === null ? "launch" : "launch.anyway")}
      isLoadingNextStep={send.isPending}
      activeStepIndex={draft.step}
      onNavigate={({ detail }) => go(detail.requestedStepIndex)}
      onCancel={() => void navigate("/app/jobs")}
      onSubmit={() => {
        if (flaws.size > 0) setIsIncomplete(true);
        else send.mutate();
      }}
      steps={[
        {
          title: say("work"),
          description: say("work.hint"),
          content: <WorkStep draft={draft} change={change} isAskedFor={isIncomplete} />,
        },
        {
          title: say("machine"),
          description: say("machine.hint"),
          content: <MachineStep draft={draft} change={change} />,
        },
        {
          title: say("configuration"),
          description: say("configuration.hint"),
          content: <ConfigurationStep draft={draft} change={change} flaws={flaws} />,
        },
        {
          title: say("review"),
          description: say("review.hint"),
          content: (
            <ReviewStep
              draft={draft}
              change={change}
              wouldWait={wouldWait}
              problem={send.error === null ? null : sentenceOf(send.error, say)}
            />
          ),
        },
      ]}
    />
  );
}

function mayLeave(draft: Draft, flaws: ReadonlySet<Flaw>): boolean {
  if (draft.step === WORK) return draft.entrypoint !== null && !NEEDS.some((flaw) => flaws.has(flaw));
  // Until a machine is looked at there is no price; from the configuration on everything has to be there.
  return draft.step < 2 || flaws.size === 0;
}
