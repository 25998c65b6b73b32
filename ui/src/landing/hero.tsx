import Button from "@cloudscape-design/components/button";
import { useFollow } from "../app/follow.ts";
import { useMessages } from "../i18n/messages.ts";
import { landingMessages } from "./messages.ts";

/** What this is, in a sentence, and where to go from here. Dark in every appearance. */
export function Hero() {
  const say = useMessages(landingMessages);
  const follow = useFollow();
  return (
    <div className="landing-hero awsui-context-top-navigation">
      <div className="landing-width">
        <h1>{say("hero.title")}</h1>
        <p>{say("hero.text")}</p>
        <div className="landing-actions">
          <Button variant="primary" href="/app/marketplace" onFollow={follow}>
            {say("hero.browse")}
          </Button>
          <Button href="#share">{say("hero.share")}</Button>
        </div>
      </div>
    </div>
  );
}
