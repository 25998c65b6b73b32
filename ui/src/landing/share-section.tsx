import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { hasPage } from "../app/features.ts";
import { useFollow } from "../app/follow.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatShare } from "../shared/format.ts";
import { landingMessages } from "./messages.ts";

const STEPS = ["one", "two", "three"] as const;

/** How a machine comes onto the market. The fee is in hundredths of a percent; null where it is not known yet. */
export function ShareSection({ feeBasisPoints }: { feeBasisPoints: number | null }) {
  const say = useMessages(landingMessages);
  const follow = useFollow();
  return (
    <section className="landing-section landing-width" id="share" aria-labelledby="share-title">
      <h2 id="share-title">{say("share.title")}</h2>
      <SpaceBetween size="l">
        <Box>
          {say("share.text")}{" "}
          {feeBasisPoints !== null && say("share.fee", { share: formatShare(feeBasisPoints / 10_000) })}
        </Box>
        <ol className="landing-cards">
          {STEPS.map((step) => (
            <li key={step}>
              <Container fitHeight header={<Header variant="h3">{say(`share.${step}.title`)}</Header>}>
                <Box>{say(`share.${step}.text`)}</Box>
              </Container>
            </li>
          ))}
        </ol>
        {hasPage("provider/register") && (
          <Button variant="primary" href="/app/provider/register" onFollow={follow}>
            {say("share.action")}
          </Button>
        )}
      </SpaceBetween>
    </section>
  );
}
