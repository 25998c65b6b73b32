import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Page } from "../app/page.tsx";
import { useMessages } from "../i18n/messages.ts";
import { formatTime } from "../shared/format.ts";
import { CreateKey } from "./create-key.tsx";
import { stateOf } from "./credentials.ts";
import { settingsMessages } from "./messages.ts";
import { apiKeysQuery, type ApiKey } from "./queries.ts";
import { RevokeKey } from "./revoke-key.tsx";

/** The user's API keys: what each may do, until when, and when it was used last. */
export function Component() {
  const say = useMessages(settingsMessages);
  const { data, isPending, error, dataUpdatedAt } = useQuery(apiKeysQuery);
  const [isCreating, setIsCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  if (error !== null && data === undefined) throw error;
  return (
    <Page
      title={say("keys.title")}
      description={say("keys.description")}
      actions={
        <Button variant="primary" onClick={() => setIsCreating(true)}>
          {say("keys.create")}
        </Button>
      }
    >
      <Table
        header={<Header counter={data ? `(${data.length})` : ""}>{say("keys.table")}</Header>}
        columnDefinitions={columns(say, dataUpdatedAt, setRevoking)}
        items={data ?? []}
        trackBy="id"
        loading={isPending}
        wrapLines
        empty={<Box textAlign="center">{say("keys.empty")}</Box>}
      />
      {isCreating && <CreateKey onClose={() => setIsCreating(false)} />}
      {revoking !== null && <RevokeKey apiKey={revoking} onClose={() => setRevoking(null)} />}
    </Page>
  );
}

function columns(
  say: typeof settingsMessages.say,
  now: number,
  onRevoke: (key: ApiKey) => void,
): TableProps.ColumnDefinition<ApiKey>[] {
  return [
    { id: "name", header: say("keys.name"), cell: (key) => key.name, isRowHeader: true },
    { id: "prefix", header: say("keys.prefix"), cell: (key) => <Box variant="code">{key.prefix}</Box> },
    {
      id: "scopes",
      header: say("keys.scopes"),
      cell: (key) => key.scopes.map((scope) => say(`scope.${scope}`)).join(", "),
    },
    { id: "created", header: say("keys.created"), minWidth: 150, cell: (key) => formatTime(key.createdAt) },
    {
      id: "expires",
      header: say("keys.expires"),
      minWidth: 150,
      cell: (key) => (key.expiresAt === null ? say("keys.never") : formatTime(key.expiresAt)),
    },
    {
      id: "lastUsed",
      header: say("keys.lastUsed"),
      minWidth: 150,
      cell: (key) => (key.lastUsedAt === null ? say("keys.unused") : formatTime(key.lastUsedAt)),
    },
    {
      id: "state",
      header: say("keys.state"),
      cell: (key) => {
        const state = stateOf(key, now);
        return (
          <StatusIndicator type={state === "active" ? "success" : "stopped"}>
            {say(`keys.state.${state}`)}
          </StatusIndicator>
        );
      },
    },
    {
      id: "actions",
      header: say("keys.actions"),
      cell: (key) =>
        key.revokedAt === null && (
          <Button
            variant="inline-link"
            wrapText={false}
            ariaLabel={say("keys.revoke.label", { name: key.name })}
            onClick={() => onRevoke(key)}
          >
            {say("keys.revoke")}
          </Button>
        ),
    },
  ];
}
