import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useFollow } from "../app/follow.ts";
import { useMessages } from "../i18n/messages.ts";
import { billingMessages } from "./messages.ts";
import { useMovementColumns } from "./movements.tsx";
import { usePeriod } from "./period.ts";
import { statementQuery } from "./queries.ts";

const SHOWN = 5;

/** What moved last. */
export function Latest() {
  const say = useMessages(billingMessages);
  const follow = useFollow();
  const columns = useMovementColumns();
  const { data, isPending, error } = useQuery(statementQuery(usePeriod("last90"), 1, SHOWN));
  if (error !== null && data === undefined) throw error;
  return (
    <Table
      header={
        <Header
          actions={
            <Button href="/app/billing/statement" onFollow={follow}>
              {say("latest.all")}
            </Button>
          }
        >
          {say("latest.title")}
        </Header>
      }
      columnDefinitions={columns}
      items={data?.lines ?? []}
      loading={isPending}
      loadingText={say("loading")}
      empty={<Box textAlign="center">{say("latest.empty")}</Box>}
    />
  );
}
