import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call, type Wire } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { toasts } from "../../app/toasts.ts";
import { useMessages } from "../../i18n/messages.ts";
import type { Machine } from "../queries.ts";
import { machinesMessages } from "./messages.ts";

const of = ({ id }: Machine) => ({ path: { provider_id: id } });

const patch = (machine: Machine, body: Wire["ProviderPatch"]) =>
  call(api.PATCH("/api/providers/{provider_id}", { params: of(machine), body }));

/** The machine as the platform has it now stands in the list at once; the rest is asked for again. */
function useRefresh() {
  const client = useQueryClient();
  return (changed: Machine | null) => {
    if (changed !== null) {
      client.setQueryData<Machine[]>(keys.myProviders, (mine) =>
        mine?.map((machine) => (machine.id === changed.id ? changed : machine)),
      );
    }
    void client.invalidateQueries({ queryKey: keys.myProviders, exact: true });
  };
}

/** Change what the market says of a machine. */
export function useChange(machine: Machine) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: Wire["ProviderPatch"]) => patch(machine, body),
    onSuccess: refresh,
  });
}

/**
 * Have a machine take no new work, or take it again; either can be taken back, also from another page: how that ended is
 * told whether or not what began it is still shown.
 */
export function usePause(machine: Machine) {
  const say = useMessages(machinesMessages);
  const refresh = useRefresh();
  const [isPending, setIsPending] = useState(false);
  const set = async (isAvailable: boolean, canUndo: boolean) => {
    setIsPending(true);
    try {
      refresh(await patch(machine, { isAvailable }));
      toasts.success(
        say(isAvailable ? "resume.done" : "pause.done", { machine: machine.name }),
        canUndo ? { undo: () => void set(!isAvailable, false) } : {},
      );
    } catch (problem) {
      toasts.error(problem);
    } finally {
      setIsPending(false);
    }
  };
  return { isPending, pause: () => void set(false, true), resume: () => void set(true, true) };
}

/** Have a machine's agent leave once its work is done. */
export function useDrain(machine: Machine) {
  const say = useMessages(machinesMessages);
  const refresh = useRefresh();
  return useMutation({
    mutationFn: () => call(api.POST("/api/providers/{provider_id}/drain", { params: of(machine) })),
    onSuccess: (changed) => {
      refresh(changed);
      toasts.success(say("drain.done", { machine: machine.name }));
    },
    onError: (problem) => toasts.error(problem),
  });
}

/** Take a machine off the market. A refusal, while it works, is for the dialog to show. */
export function useRemove(machine: Machine, onRemoved?: () => void) {
  const say = useMessages(machinesMessages);
  const refresh = useRefresh();
  return useMutation({
    mutationFn: () => call(api.DELETE("/api/providers/{provider_id}", { params: of(machine) })),
    onSuccess: () => {
      refresh(null);
      toasts.success(say("remove.done", { machine: machine.name }));
      onRemoved?.(); // here, for an event may have shown that it is gone, and closed the dialog, before the answer came
    },
  });
}
