import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Wire } from "../../api/client.ts";
import { useTopic } from "../../api/hooks.ts";
import { Page } from "../../app/page.tsx";
import { useSession } from "../../app/session.ts";
import { useMessages } from "../../i18n/messages.ts";
import { invite } from "../queries.ts";
import { Detected } from "./detected.tsx";
import { flawsOf, NO_RULES, type Rules } from "./join-command.ts";
import { JoinStep } from "./join-step.tsx";
import { registerMessages } from "./messages.ts";
import { assessmentQuery, findingsQuery } from "./queries.ts";
import { RulesForm } from "./rules-form.tsx";
import { instructionsFor, systemOf } from "./system.ts";

/** How a machine comes onto the market: what the browser sees of it, the owner's rules, one command, and its arrival. */
export function Component() {
  const say = useMessages(registerMessages);
  const { user } = useSession();
  const { data: findings, error } = useQuery(findingsQuery);
  const assessment = useQuery(assessmentQuery(findings ?? null));
  const [rules, setRules] = useState<Rules>(NO_RULES);
  const [trust, setTrust] = useState<Wire["Trust"]>("guest");
  const inviting = useMutation({ mutationFn: invite });
  useTopic("marketplace");
  return (
    <Page title={say("title")} description={say("description")}>
      <Detected findings={findings ?? null} assessment={assessment.data ?? null} problem={error ?? assessment.error} />
      <RulesForm
        rules={rules}
        trust={trust}
        mayAdmitMembers={user?.isOperator === true}
        assessment={assessment.data ?? null}
        onRules={setRules}
        // A token is for one kind of machine: another kind needs another one.
        onTrust={(chosen) => {
          setTrust(chosen);
          inviting.reset();
        }}
      />
      <JoinStep
        firstSystem={instructionsFor(systemOf(navigator.userAgent))}
        rules={rules}
        isFlawed={flawsOf(rules).size > 0}
        invitation={inviting.data ?? null}
        isBusy={inviting.isPending}
        problem={inviting.error}
        onInvite={() => inviting.mutate(trust)}
      />
    </Page>
  );
}
