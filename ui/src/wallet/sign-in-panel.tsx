import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { Wire } from "../api/client.ts";
import { began } from "../app/session.ts";
import { CardSkeleton } from "../shared/skeletons.tsx";
import { DevelopmentWallet } from "./development-wallet.tsx";
import { ExtensionWallet } from "./extension-wallet.tsx";
import { platformQuery } from "./queries.ts";
import { signIn, type Signer } from "./signers.ts";
import { WalletConnectWallet } from "./walletconnect-wallet.tsx";

interface SignInPanelProps {
  onSignedIn: (user: Wire["User"]) => void;
}

/** The ways to sign in that this platform offers, each with its own button. */
export function SignInPanel({ onSignedIn }: SignInPanelProps) {
  const { data: platform, error } = useQuery(platformQuery);
  const signing = useMutation({
    mutationFn: (signer: Signer) => signIn(signer),
    onSuccess: (user) => {
      began(user);
      onSignedIn(user);
    },
  });
  if (platform === undefined) return error === null ? <CardSkeleton /> : <Alert type="error">{error.message}</Alert>;
  const ways = { isBusy: signing.isPending, onSign: (signer: Signer) => signing.mutate(signer) };
  return (
    <SpaceBetween size="l">
      {signing.error !== null && <Alert type="error">{signing.error.message}</Alert>}
      {platform.walletFormats.includes("devnet") && <DevelopmentWallet {...ways} />}
      {platform.walletFormats.includes("extension") && <ExtensionWallet {...ways} />}
      {platform.walletconnectProjectId !== null && (
        <WalletConnectWallet {...ways} projectId={platform.walletconnectProjectId} url={platform.publicUrl} />
      )}
    </SpaceBetween>
  );
}
