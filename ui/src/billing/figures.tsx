import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import KeyValuePairs, { type KeyValuePairsProps } from "@cloudscape-design/components/key-value-pairs";
import LiveRegion from "@cloudscape-design/components/live-region";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import type { Wire } from "../api/client.ts";
import type { User } from "../app/session.ts";
import { useMessages } from "../i18n/messages.ts";
import { formatQu, formatWhole } from "../shared/format.ts";
import { CardSkeleton } from "../shared/skeletons.tsx";
import { billingMessages, type Say } from "./messages.ts";
import { balanceQuery } from "./queries.ts";
import { Stopped } from "./stopped.tsx";

/** The user's money by where it is. */
export function Figures({ user }: { user: User }) {
  return user.qubicAddress === null ? (
    <WithoutWallet user={user} />
  ) : (
    <WithWallet user={user} address={user.qubicAddress} />
  );
}

function WithWallet({ user, address }: { user: User; address: string }) {
  const say = useMessages(billingMessages);
  const { data: balance, error } = useQuery(balanceQuery(address));
  if (balance === undefined) {
    return error === null ? <CardSkeleton lines={4} /> : <Alert type="error">{error.message}</Alert>;
  }
  const items = [
    ...ours({ available: balance.available, held: balance.held }, say),
    figure(say("balance.onChain"), amountOnChain(balance), onChainHint(balance, say)),
    figure(say("balance.earning"), formatQu(balance.pendingEarnings), say("balance.earning.hint")),
    figure(say("balance.deposits"), formatQu(balance.pendingDeposits), say("balance.deposits.hint")),
    figure(say("balance.withdrawals"), formatQu(balance.pendingWithdrawals), say("balance.withdrawals.hint")),
  ];
  return (
    <SpaceBetween size="l">
      <Stopped reason={balance.paymentsStopped ?? null} />
      <Container>
        <KeyValuePairs columns={3} minColumnWidth={200} ariaLabel={say("balance.table")} items={items} />
        <LiveRegion hidden>{`${say("balance.available")}: ${formatQu(user.balance)}`}</LiveRegion>
      </Container>
    </SpaceBetween>
  );
}

function WithoutWallet({ user }: { user: User }) {
  const say = useMessages(billingMessages);
  const items = [
    ...ours({ available: user.balance, held: user.held }, say),
    figure(say("balance.onChain"), "–", say("balance.noWallet")),
  ];
  return (
    <Container>
      <KeyValuePairs columns={3} minColumnWidth={200} ariaLabel={say("balance.table")} items={items} />
    </Container>
  );
}

function ours({ available, held }: { available: number; held: number }, say: Say): KeyValuePairsProps.Pair[] {
  return [
    figure(say("balance.available"), formatQu(available), say("balance.available.hint")),
    figure(say("balance.held"), formatQu(held), say("balance.held.hint")),
  ];
}

function figure(label: string, amount: string, hint: string): KeyValuePairsProps.Pair {
  return {
    label,
    value: (
      <>
        <Box variant="div" fontSize="heading-l" fontWeight="bold">
          {amount}
        </Box>
        <Box variant="small" color="text-body-secondary">
          {hint}
        </Box>
      </>
    ),
  };
}

function amountOnChain({ onChain }: Wire["WalletBalance"]): string {
  return onChain === null ? "–" : formatQu(onChain);
}

function onChainHint({ onChainTick, onChainReason }: Wire["WalletBalance"], say: Say): string {
  if (onChainTick !== null) return say("balance.onChain.hint", { tick: formatWhole(onChainTick) });
  return onChainReason ?? say("balance.onChain.none");
}
