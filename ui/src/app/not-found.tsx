import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";
import { useMessages } from "../i18n/messages.ts";
import { useFollow } from "./follow.ts";
import { appMessages } from "./messages.ts";
import { useDocumentTitle } from "./page.tsx";

/** For an address that no feature answers to. */
export function NotFound() {
  const say = useMessages(appMessages);
  const follow = useFollow();
  useDocumentTitle(say("page.missing"));
  return (
    <Box padding={{ vertical: "xxl" }} textAlign="center">
      <Box variant="h1">{say("page.missing")}</Box>
      <Box variant="p">{say("page.missing.hint")}</Box>
      <Link href="/app/marketplace" onFollow={follow}>
        {say("page.toMarketplace")}
      </Link>
    </Box>
  );
}
