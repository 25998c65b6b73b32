import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useMessages } from "../i18n/messages.ts";
import { walletMessages } from "./messages.ts";
import { QrCode } from "./qr-code.tsx";
import { pair } from "./walletconnect.ts";
import type { WayProps } from "./way.ts";

interface WalletConnectProps extends WayProps {
  projectId: string;
  url: string;
}

/** Sign in with the wallet on a phone: it scans a code, and confirms. */
export function WalletConnectWallet({ projectId, url, isBusy, onSign }: WalletConnectProps) {
  const say = useMessages(walletMessages);
  const [uri, setUri] = useState<string | null>(null);
  const pairing = useMutation({
    mutationFn: async () => {
      const { uri: code, signer } = await pair(projectId, url);
      setUri(code);
      return await signer;
    },
    onSuccess: onSign,
    onSettled: () => setUri(null),
  });
  return (
    <Container header={<Header variant="h2">{say("walletconnect.title")}</Header>}>
      <SpaceBetween size="s">
        <Box>{isBusy ? say("walletconnect.confirm") : say("walletconnect.hint")}</Box>
        {pairing.error !== null && <Alert type="error">{pairing.error.message}</Alert>}
        {uri === null ? (
          <Button loading={pairing.isPending || isBusy} onClick={() => pairing.mutate()}>
            {say("walletconnect.action")}
          </Button>
        ) : (
          <SpaceBetween size="s">
            <QrCode text={uri} label={say("walletconnect.code")} />
            <CopyToClipboard
              textToCopy={uri}
              copyButtonText={say("walletconnect.copy")}
              copySuccessText={say("walletconnect.copied")}
              copyErrorText={say("walletconnect.copyFailed")}
            />
          </SpaceBetween>
        )}
      </SpaceBetween>
    </Container>
  );
}
