import CollectionPreferences from "@cloudscape-design/components/collection-preferences";
import { useMessages } from "../i18n/messages.ts";
import { marketplaceMessages } from "./messages.ts";
import { COLUMNS, PAGE_SIZES, type MarketPreferences } from "./preferences.ts";

interface MarketPreferencesProps {
  preferences: MarketPreferences;
  onChange: (changes: Partial<MarketPreferences>) => void;
}

/** What the market shows and how much of it, remembered by this browser. */
export function MarketPreferencesDialog({ preferences, onChange }: MarketPreferencesProps) {
  const say = useMessages(marketplaceMessages);
  return (
    <CollectionPreferences
      title={say("preferences.title")}
      confirmLabel={say("preferences.confirm")}
      cancelLabel={say("preferences.cancel")}
      preferences={{
        pageSize: preferences.pageSize,
        wrapLines: preferences.wrapLines,
        contentDisplay: preferences.columns,
      }}
      pageSizePreference={{
        title: say("preferences.pageSize"),
        options: PAGE_SIZES.map((value) => ({ value, label: say("preferences.size", { count: value }) })),
      }}
      wrapLinesPreference={{ label: say("preferences.wrap"), description: say("preferences.wrap.hint") }}
      contentDisplayPreference={{
        title: say("preferences.columns"),
        description: say("preferences.columns.hint"),
        options: COLUMNS.map((id) => ({ id, label: say(`column.${id}`), alwaysVisible: id === "model" })),
      }}
      onConfirm={({ detail }) =>
        onChange({
          pageSize: detail.pageSize ?? preferences.pageSize,
          wrapLines: detail.wrapLines ?? false,
          columns: (detail.contentDisplay ?? preferences.columns).flatMap(({ id, visible }) => {
            const known = COLUMNS.find((column) => column === id);
            return known === undefined ? [] : [{ id: known, visible }];
          }),
        })
      }
    />
  );
}
