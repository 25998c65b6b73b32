import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../api/keys.ts";
import { toasts } from "../app/toasts.ts";
import { useMessages } from "../i18n/messages.ts";
import { TypedConfirmation } from "../shared/typed-confirmation.tsx";
import { AddItems } from "./add-items.tsx";
import type { Group } from "./groups.ts";
import { groupMessages } from "./messages.ts";
import { drain, end, groupQuery } from "./queries.ts";
import { Resize } from "./resize.tsx";

type Asked = "resize" | "add" | "drain" | "end";

/** What can be done with a group that has not ended. */
export function GroupActions({ group }: { group: Group }) {
  const say = useMessages(groupMessages);
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  if (group.status === "ENDED") return null;
  return (
    <>
      <SpaceBetween size="xs" direction="horizontal">
        <Button onClick={() => setAsked("resize")}>{say("resize")}</Button>
        {group.status === "ACTIVE" && <Button onClick={() => setAsked("drain")}>{say("drain")}</Button>}
        <Button onClick={() => setAsked("end")}>{say("end")}</Button>
        {group.status === "ACTIVE" && (
          <Button variant="primary" onClick={() => setAsked("add")}>
            {say("add")}
          </Button>
        )}
      </SpaceBetween>
      {asked === "resize" && <Resize group={group} onClose={close} />}
      {asked === "add" && <AddItems group={group} onClose={close} />}
      {(asked === "drain" || asked === "end") && <Ending group={group} asked={asked} onClose={close} />}
    </>
  );
}

interface EndingProps {
  group: Group;
  asked: "drain" | "end";
  onClose: () => void;
}

/** Asks whether the group is to end: after its items, or now, which drops them. */
function Ending({ group, asked, onClose }: EndingProps) {
  const say = useMessages(groupMessages);
  const client = useQueryClient();
  const { id, name } = group;
  const ending = useMutation({
    mutationFn: () => (asked === "drain" ? drain(id) : end(id)),
    onSuccess: async (changed) => {
      toasts.success(say(`${asked}.done`, { name }));
      client.setQueryData(groupQuery(id).queryKey, changed);
      onClose();
      await Promise.all([keys.groups, keys.me].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
    onError: (problem) => {
      toasts.error(problem);
      onClose();
    },
  });
  const word = say("end.word");
  return (
    <TypedConfirmation
      title={say(`${asked}.title`, { name })}
      word={asked === "end" ? word : null}
      wordLabel={say("end.type", { word })}
      confirmLabel={say(asked)}
      dismissLabel={say("cancel")}
      isBusy={ending.isPending}
      onConfirm={() => ending.mutate()}
      onDismiss={onClose}
    >
      <Box>{say(`${asked}.hint`)}</Box>
    </TypedConfirmation>
  );
}
