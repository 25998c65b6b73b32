import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMessages } from "../i18n/messages.ts";
import { marketplaceMessages } from "./messages.ts";

export function MarketEmpty() {
  const say = useMessages(marketplaceMessages);
  return (
    <Box textAlign="center" padding="l">
      <Box variant="strong">{say("empty")}</Box>
      <Box variant="p">{say("empty.hint")}</Box>
    </Box>
  );
}

export function NoMatch({ onClear }: { onClear: () => void }) {
  const say = useMessages(marketplaceMessages);
  return (
    <Box textAlign="center" padding="l">
      <SpaceBetween size="s">
        <Box variant="strong">{say("none.found")}</Box>
        <Box>{say("none.found.hint")}</Box>
        <Button onClick={onClear}>{say("none.clear")}</Button>
      </SpaceBetween>
    </Box>
  );
}
