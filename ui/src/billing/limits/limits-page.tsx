import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useFollow } from "../../app/follow.ts";
import { Page } from "../../app/page.tsx";
import { useMessages } from "../../i18n/messages.ts";
import { apiKeysQuery } from "../../settings/queries.ts";
import { CardSkeleton } from "../../shared/skeletons.tsx";
import { billingMessages, type Say } from "../messages.ts";
import { EditLimits } from "./edit-limits.tsx";
import { FigureValue } from "./figure-value.tsx";
import { FIGURES, limitedKeys, type Subject } from "./limits.ts";
import { limitsQuery } from "./queries.ts";

/** What may be spent: by the user in all, and by each API key. */
export function Component() {
  const say = useMessages(billingMessages);
  const follow = useFollow();
  const limits = useQuery(limitsQuery);
  const apiKeys = useQuery(apiKeysQuery);
  const [editing, setEditing] = useState<Subject | null>(null);
  const problem = limits.error ?? apiKeys.error;
  if (problem !== null && (limits.data === undefined || apiKeys.data === undefined)) throw problem;
  const mine: Subject = {
    keyId: null,
    name: say("limits.mine"),
    limit: limits.data?.find(({ keyId }) => keyId === null) ?? null,
  };
  const subjects = limitedKeys(limits.data ?? [], apiKeys.data ?? [], apiKeys.dataUpdatedAt);
  return (
    <Page title={say("limits.title")} description={say("limits.description")}>
      {limits.data === undefined ? <CardSkeleton /> : <Mine subject={mine} say={say} onEdit={setEditing} />}
      <Table
        header={
          <Header
            counter={apiKeys.data ? `(${subjects.length})` : ""}
            description={say("limits.keys.hint")}
            actions={
              <Button href="/app/settings/keys" onFollow={follow}>
                {say("limits.keys.manage")}
              </Button>
            }
          >
            {say("limits.keys")}
          </Header>
        }
        columnDefinitions={columns(say, setEditing)}
        items={subjects}
        trackBy="name"
        loading={limits.isPending || apiKeys.isPending}
        loadingText={say("loading")}
        empty={<Box textAlign="center">{say("limits.keys.none")}</Box>}
      />
      {editing !== null && <EditLimits subject={editing} onClose={() => setEditing(null)} />}
    </Page>
  );
}

interface MineProps {
  subject: Subject;
  say: Say;
  onEdit: (subject: Subject) => void;
}

function Mine({ subject, say, onEdit }: MineProps) {
  return (
    <Container
      header={
        <Header
          description={say("limits.mine.hint")}
          actions={<Button onClick={() => onEdit(subject)}>{say("limits.edit")}</Button>}
        >
          {subject.name}
        </Header>
      }
    >
      <KeyValuePairs
        columns={3}
        minColumnWidth={180}
        items={FIGURES.map((figure) => ({
          label: say(`limits.${figure}`),
          value: <FigureValue limit={subject.limit} figure={figure} />,
        }))}
      />
    </Container>
  );
}

function columns(say: Say, onEdit: (subject: Subject) => void): TableProps.ColumnDefinition<Subject>[] {
  return [
    { id: "name", header: say("limits.key"), cell: ({ name }) => name, isRowHeader: true, minWidth: 130 },
    ...FIGURES.map((figure) => ({
      id: figure,
      header: say(`limits.${figure}`),
      cell: ({ limit }: Subject) => <FigureValue limit={limit} figure={figure} />,
      minWidth: 170,
    })),
    {
      id: "actions",
      header: say("column.actions"),
      cell: (subject) => (
        <Button
          variant="inline-link"
          wrapText={false}
          ariaLabel={say("limits.edit.label", { name: subject.name })}
          onClick={() => onEdit(subject)}
        >
          {say("limits.edit")}
        </Button>
      ),
      minWidth: 90,
    },
  ];
}
