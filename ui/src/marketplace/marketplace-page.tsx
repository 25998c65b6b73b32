import SegmentedControl from "@cloudscape-design/components/segmented-control";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import { useTopic } from "../api/hooks.ts";
import { Page } from "../app/page.tsx";
import { useMessages } from "../i18n/messages.ts";
import { Market } from "./market.tsx";
import { marketplaceMessages } from "./messages.ts";
import { rowOf } from "./offers.ts";
import { marketPreferences, VIEWS, type MarketPreferences } from "./preferences.ts";
import { offersQuery } from "./queries.ts";

/** What is for rent, live: found, filtered, sorted, as a table or as cards. */
export function Component() {
  const say = useMessages(marketplaceMessages);
  const { data, isPending, error } = useQuery(offersQuery);
  const preferences = useSyncExternalStore(marketPreferences.subscribe, marketPreferences.get);
  const rows = useMemo(() => data?.items.map(rowOf) ?? [], [data]);
  useTopic("marketplace");
  if (error !== null && data === undefined) throw error;
  const change = (changes: Partial<MarketPreferences>) => marketPreferences.set({ ...preferences, ...changes });
  return (
    <Page
      title={say("title")}
      description={say("description")}
      actions={
        <SegmentedControl
          label={say("view.label")}
          selectedId={preferences.view}
          options={VIEWS.map((id) => ({
            id,
            text: say(`view.${id}`),
            iconName: id === "table" ? "view-full" : "grid-view",
          }))}
          onChange={({ detail }) => {
            const view = VIEWS.find((id) => id === detail.selectedId);
            if (view !== undefined) change({ view });
          }}
        />
      }
    >
      <Market rows={rows} isLoading={isPending} preferences={preferences} onChange={change} />
    </Page>
  );
}
