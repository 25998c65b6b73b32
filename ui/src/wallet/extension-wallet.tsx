import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useMessages } from "../i18n/messages.ts";
import { walletMessages } from "./messages.ts";
import { extensionSigner } from "./signers.ts";
import type { WayProps } from "./way.ts";

/** Sign in with the wallet of this browser, where it has one. */
export function ExtensionWallet({ isBusy, onSign }: WayProps) {
  const say = useMessages(walletMessages);
  const [signer, setSigner] = useState(extensionSigner);
  return (
    <Container header={<Header variant="h2">{say("extension.title")}</Header>}>
      {signer === null ? (
        <SpaceBetween size="s">
          <Box>{say("extension.missing")}</Box>
          <Button iconName="refresh" onClick={() => setSigner(extensionSigner())}>
            {say("extension.again")}
          </Button>
        </SpaceBetween>
      ) : (
        <SpaceBetween size="s">
          <Box>{say("extension.hint")}</Box>
          <Button variant="primary" loading={isBusy} onClick={() => onSign(signer)}>
            {say("extension.action")}
          </Button>
        </SpaceBetween>
      )}
    </Container>
  );
}
