import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/keys.ts";
import { Page } from "../app/page.tsx";
import { toasts } from "../app/toasts.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatTime } from "../shared/format.ts";
import { stateOf } from "./credentials.ts";
import { settingsMessages } from "./messages.ts";
import { endSession, sessionsQuery, type WalletSession } from "./queries.ts";

/** Where the user is signed in. Those that have ended are not shown. */
export function Component() {
  const say = useMessages(settingsMessages);
  const client = useQueryClient();
  const { data, isPending, error, dataUpdatedAt } = useQuery(sessionsQuery);
  const ending = useMutation({
    mutationFn: (session: WalletSession) => endSession(session.id),
    onSuccess: async () => {
      toasts.success(say("sessions.ended"));
      await client.invalidateQueries({ queryKey: keys.sessions });
    },
    onError: toasts.error,
  });
  if (error !== null && data === undefined) throw error;
  const living = (data ?? []).filter((session) => stateOf(session, dataUpdatedAt) === "active");
  return (
    <Page title={say("sessions.title")} description={say("sessions.description")}>
      <Table
        header={<Header counter={data ? `(${living.length})` : ""}>{say("sessions.table")}</Header>}
        columnDefinitions={columns(say, ending.mutate, ending.isPending ? ending.variables.id : null)}
        items={living}
        trackBy="id"
        loading={isPending}
        wrapLines
        empty={<Box textAlign="center">{say("sessions.empty")}</Box>}
      />
    </Page>
  );
}

function columns(
  say: typeof settingsMessages.say,
  onEnd: (session: WalletSession) => void,
  ending: string | null,
): TableProps.ColumnDefinition<WalletSession>[] {
  return [
    {
      id: "format",
      header: say("sessions.wallet"),
      cell: (session) => say(`sessions.format.${session.format}`),
      isRowHeader: true,
    },
    { id: "prefix", header: say("keys.prefix"), cell: (session) => <Box variant="code">{session.prefix}</Box> },
    { id: "created", header: say("keys.created"), minWidth: 150, cell: (session) => formatTime(session.createdAt) },
    {
      id: "lastUsed",
      header: say("keys.lastUsed"),
      minWidth: 150,
      cell: (session) => (session.lastUsedAt === null ? say("keys.unused") : formatTime(session.lastUsedAt)),
    },
    { id: "expires", header: say("keys.expires"), minWidth: 150, cell: (session) => formatTime(session.expiresAt) },
    {
      id: "actions",
      header: say("keys.actions"),
      cell: (session) => (
        <Button
          variant="inline-link"
          wrapText={false}
          loading={ending === session.id}
          ariaLabel={say("sessions.end.label", { prefix: session.prefix })}
          onClick={() => onEnd(session)}
        >
          {say("sessions.end")}
        </Button>
      ),
    },
  ];
}
