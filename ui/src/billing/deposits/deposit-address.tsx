import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useMessages } from "../../i18n/messages.ts";
import { CardSkeleton } from "../../shared/skeletons.tsx";
import { QrCode } from "../../wallet/qr-code.tsx";
import { Identity } from "../identity.tsx";
import { billingMessages } from "../messages.ts";
import { depositAddressQuery } from "./queries.ts";
import "./deposits.css";

/** The identity to pay to, to copy or to scan. */
export function DepositAddress() {
  const say = useMessages(billingMessages);
  const { data, error } = useQuery(depositAddressQuery);
  if (data === undefined) {
    return error === null ? <CardSkeleton lines={3} /> : <Alert type="error">{error.message}</Alert>;
  }
  return (
    <Container header={<Header description={say("deposits.address.hint")}>{say("deposits.address")}</Header>}>
      <div className="deposit-address">
        <QrCode text={data.address} label={say("deposits.code")} />
        <SpaceBetween size="s">
          <Identity of={data.address} isWhole />
          <Box color="text-body-secondary">{say("deposits.rule", { count: data.confirmationsNeeded })}</Box>
        </SpaceBetween>
      </div>
    </Container>
  );
}
