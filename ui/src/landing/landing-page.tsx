import "./landing.css";
import Box from "@cloudscape-design/components/box";
import I18nProvider from "@cloudscape-design/components/i18n";
import Link from "@cloudscape-design/components/link";
import { useQuery } from "@tanstack/react-query";
import { useCloudscapeMessages } from "../app/cloudscape-messages.ts";
import { useDocumentTitle } from "../app/page.tsx";
import { TopBar } from "../app/top-bar.tsx";
import { useMessages } from "../i18n/messages.ts";
import { platformQuery } from "../wallet/queries.ts";
import { Benefits } from "./benefits.tsx";
import { Hero } from "./hero.tsx";
import { landingMessages } from "./messages.ts";
import { MarketFigures } from "./market-figures.tsx";
import { ShareSection } from "./share-section.tsx";

/** What a stranger sees: what this is, what the market has now, and the two ways in. */
export function Component() {
  const say = useMessages(landingMessages);
  const { locale, messages } = useCloudscapeMessages();
  const { data: platform } = useQuery(platformQuery);
  useDocumentTitle(say("page.title"));
  return (
    <I18nProvider locale={locale} messages={[messages]}>
      <TopBar />
      <main>
        <Hero />
        <MarketFigures />
        <Benefits />
        <ShareSection feeBasisPoints={platform?.feeBasisPoints ?? null} />
      </main>
      <footer className="landing-footer landing-width">
        <Link href="/docs">{say("footer.api")}</Link>
        {platform?.chain === "devnet" && <Box color="text-body-secondary">{say("footer.devnet")}</Box>}
      </footer>
    </I18nProvider>
  );
}
