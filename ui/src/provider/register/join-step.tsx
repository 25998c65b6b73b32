import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useMessages } from "../../i18n/messages.ts";
import { formatSeconds } from "../../shared/format.ts";
import { useNow } from "../../shared/now.ts";
import { Snippet } from "../../shared/snippet.tsx";
import type { Invitation } from "../queries.ts";
import { Arrival } from "./arrival.tsx";
import { joinCommand, type Rules } from "./join-command.ts";
import { registerMessages } from "./messages.ts";
import { SYSTEMS, type System } from "./system.ts";

interface JoinStepProps {
  firstSystem: System;
  rules: Rules;
  isFlawed: boolean;
  invitation: Invitation | null;
  isBusy: boolean;
  problem: Error | null;
  onInvite: () => void;
}

/** The command with a fresh token, how it is run, and the wait for the machine. */
export function JoinStep({ firstSystem, rules, isFlawed, invitation, isBusy, problem, onInvite }: JoinStepProps) {
  const say = useMessages(registerMessages);
  const [system, setSystem] = useState<System>(firstSystem);
  return (
    <Container
      header={
        <Header variant="h2" description={say("join.description")}>
          {say("join")}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <SpaceBetween size="xs">
          <SegmentedControl
            label={say("how.label")}
            selectedId={system}
            options={SYSTEMS.map((id) => ({ id, text: say(`system.${id}`) }))}
            onChange={({ detail }) => setSystem(SYSTEMS.find((id) => id === detail.selectedId) ?? firstSystem)}
          />
          <Box variant="p">{say(`how.${system}`)}</Box>
        </SpaceBetween>
        {problem !== null && <Alert type="error">{problem.message}</Alert>}
        {invitation !== null && !isFlawed && <Command invitation={invitation} rules={rules} />}
        <SpaceBetween size="xs">
          <Button
            variant={invitation === null ? "primary" : "normal"}
            loading={isBusy}
            disabled={isFlawed}
            disabledReason={say("join.flawed")}
            onClick={onInvite}
          >
            {say(invitation === null ? "join.make" : "join.again")}
          </Button>
        </SpaceBetween>
        {invitation !== null && <Arrival key={invitation.marker} marker={invitation.marker} />}
      </SpaceBetween>
    </Container>
  );
}

function Command({ invitation, rules }: { invitation: Invitation; rules: Rules }) {
  const say = useMessages(registerMessages);
  const { command, expiresAt } = invitation.token;
  const now = useNow(true);
  const left = (Date.parse(expiresAt) - now) / 1000;
  if (left <= 0) return <Alert type="warning">{say("join.expired")}</Alert>;
  const minutes = Math.max(60, Math.floor(left / 60) * 60);
  return (
    <div>
      <Snippet
        title={say("join.command")}
        text={joinCommand(command, rules)}
        copy={{ label: say("join.copy"), done: say("join.copied"), failed: say("join.copyFailed") }}
      />
      <Box variant="small" display="block" margin={{ top: "xxs" }}>
        {say("join.expires", { time: formatSeconds(left < 60 ? left : minutes) })}
      </Box>
    </div>
  );
}
