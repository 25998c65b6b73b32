import "./marketplace.css";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMessages } from "../i18n/messages.ts";
import { formatNumber, formatQu } from "../shared/format.ts";
import { speedOf, valueOf, type Comparison } from "./compared.ts";
import { marketplaceMessages } from "./messages.ts";
import type { MarketRow } from "./offers.ts";

/** How fast an offer is and what that costs, each beside the market's best. */
export function OfferCompared({ row, market }: { row: MarketRow; market: readonly MarketRow[] }) {
  const say = useMessages(marketplaceMessages);
  const speed = speedOf(row, market);
  const value = valueOf(row, market);
  const tflops = (amount: number) => formatNumber(amount, amount < 1 ? 3 : 1);
  const price = (amount: number) => formatQu(Math.round(amount));
  return (
    <Container
      header={
        <Header variant="h2" description={say("offer.compared.hint")}>
          {say("offer.compared")}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {speed === null && value === null && <Box>{say("offer.unmeasured")}</Box>}
        {speed !== null && (
          <Bar
            label={say("offer.speed")}
            text={say("offer.speed.best", { value: tflops(speed.value), best: tflops(speed.best) })}
            comparison={speed}
          />
        )}
        {value !== null && (
          <Bar
            label={say("offer.value")}
            text={say("offer.value.best", { value: price(value.value), best: price(value.best) })}
            comparison={value}
          />
        )}
      </SpaceBetween>
    </Container>
  );
}

function Bar({ label, text, comparison }: { label: string; text: string; comparison: Comparison }) {
  return (
    <div className="benchmark">
      <Box variant="awsui-key-label">{label}</Box>
      <span>{text}</span>
      <span className="benchmark-track" aria-hidden="true">
        <span className="benchmark-bar" style={{ inlineSize: `${comparison.share * 100}%` }} />
      </span>
    </div>
  );
}
