import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useFollow } from "../app/follow.ts";
import { Page } from "../app/page.tsx";
import { useSession } from "../app/session.ts";
import { useMessages } from "../i18n/messages.ts";
import { Figures } from "./figures.tsx";
import { Holds } from "./holds.tsx";
import { Latest } from "./latest.tsx";
import { billingMessages } from "./messages.ts";

/** What the user has, what holds it, and what moved last. */
export function Component() {
  const say = useMessages(billingMessages);
  const follow = useFollow();
  const { user } = useSession();
  if (user === null) return null;
  return (
    <Page
      title={say("balance.title")}
      description={say("balance.description")}
      actions={
        <SpaceBetween size="xs" direction="horizontal">
          <Button href="/app/billing/withdrawals" onFollow={follow}>
            {say("balance.withdraw")}
          </Button>
          <Button variant="primary" href="/app/billing/deposits" onFollow={follow}>
            {say("balance.deposit")}
          </Button>
        </SpaceBetween>
      }
    >
      <Figures user={user} />
      <Holds />
      <Latest />
    </Page>
  );
}
