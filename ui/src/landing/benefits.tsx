import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import { useMessages } from "../i18n/messages.ts";
import { landingMessages } from "./messages.ts";

const BENEFITS = ["second", "escrow", "sandbox", "failover", "live", "open"] as const;

/** What is in it for who rents. */
export function Benefits() {
  const say = useMessages(landingMessages);
  return (
    <section className="landing-section landing-width" aria-labelledby="benefits">
      <h2 id="benefits">{say("benefits.title")}</h2>
      <ul className="landing-cards">
        {BENEFITS.map((benefit) => (
          <li key={benefit}>
            <Container fitHeight header={<Header variant="h3">{say(`benefits.${benefit}.title`)}</Header>}>
              <Box>{say(`benefits.${benefit}.text`)}</Box>
            </Container>
          </li>
        ))}
      </ul>
    </section>
  );
}
