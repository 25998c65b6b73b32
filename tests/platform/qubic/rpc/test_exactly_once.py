"""What the client and the chain promise together is enough to pay exactly once, whatever goes wrong in between."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import pytest
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from qubix.qubic.transaction import Transaction
from qubix.wallets.seeds import FUNDED
from qubix_platform.qubic.devnet.execution import execute
from qubix_platform.qubic.devnet.genesis import FAUCET_QU, FUNDED_QU, genesis
from qubix_platform.qubic.rpc import BroadcastUncertain, ChainRefused, ChainUnavailable, QubicRpc, RpcPolicy
from tests.devnet_fixture import LiveDevnet

Answer = TypeVar("Answer")

POLICY: Final = RpcPolicy(answer_seconds=0.3, attempts=2, first_pause=0.01, longest_pause=0.05, failures=10**6)
RATES: Final = {
    "drop": 0.15,
    "relayThenLose": 0.15,
    "timeoutAfterAccepting": 0.15,
    "serverError": 0.15,
    "replicaBehind": 0.3,
    "emptyTick": 0.15,
}
PAYERS: Final = 6
PAYMENTS: Final = 4
AHEAD: Final = 40
BOB = LiveDevnet.developer(25)


async def patiently(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """Ask until the chain answers."""
    retrying = AsyncRetrying(
        stop=stop_after_delay(60), wait=wait_fixed(0.02), retry=retry_if_exception_type(ChainUnavailable), reraise=True
    )
    answer: Answer = await retrying(ask)
    return answer


async def pay_once(rpc: QubicRpc, *, payer: int, amount: int) -> list[Transaction]:
    """Pay an amount exactly once, and return everything that was signed for it."""
    keys = LiveDevnet.developer(payer)
    signed = []
    while True:
        info = await patiently(rpc.tick_info)
        unsigned = Transaction(keys.public_key, BOB.public_key, amount, info.tick + AHEAD)
        attempt = unsigned.signed(subseed=keys.subseed)
        signed.append(attempt)
        try:
            await rpc.broadcast(attempt.encode())
        except ChainRefused:
            continue
        except BroadcastUncertain:
            pass
        except ChainUnavailable:
            continue

        async def target_tick(tick: int = attempt.tick) -> list[str]:
            return [found.hash for found in await rpc.transactions_for_tick(tick)]

        if attempt.id() in await patiently(target_tick):
            return signed


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_payment_arrives_exactly_once_through_all_faults(devnet: LiveDevnet, seed: int) -> None:
    devnet.plan(rates=RATES, seed=seed, archiveLag=3, balanceLag=5)
    async with QubicRpc(devnet.url, policy=POLICY) as rpc:

        async def pay(payer: int) -> list[Transaction]:
            signed = []
            for number in range(PAYMENTS):
                signed += await pay_once(rpc, payer=payer, amount=100 * payer + number + 1)
            return signed

        paying = asyncio.gather(*(pay(payer) for payer in range(PAYERS)))
        await asyncio.to_thread(devnet.wait_for_tick, devnet.tick + AHEAD)
        devnet.begin_epoch(skipped=AHEAD // 2)
        devnet.plan(rates=RATES, seed=seed + 100, archiveLag=8, stopped=True)
        await asyncio.wait([paying], timeout=0.3)
        devnet.plan(rates=RATES, seed=seed + 200, archiveLag=1)
        signed = [attempt for attempts in await paying for attempt in attempts]

        devnet.plan()
        await asyncio.to_thread(devnet.wait_for_tick, max(attempt.tick for attempt in signed), processed=True)
        page = await rpc.transactions_for_identity(BOB.identity, size=1000)

    wanted = [100 * payer + number + 1 for payer in range(PAYERS) for number in range(PAYMENTS)]
    ran = [found.transaction for found in page.transactions]
    assert sorted(transaction.amount for transaction in ran) == wanted
    assert set(ran) <= set(signed)
    assert devnet.balance(BOB.identity) == FUNDED_QU + sum(wanted)
    assert int(devnet.state()["supply"]) == FAUCET_QU + FUNDED * FUNDED_QU


async def test_archive_explains_every_balance(devnet: LiveDevnet) -> None:
    devnet.plan(rates={"emptyTick": 0.2, "relayThenLose": 0.2}, seed=5, archiveLag=0)
    async with QubicRpc(devnet.url, policy=POLICY) as rpc:
        for number in range(20):
            keys = LiveDevnet.developer(number % 3)
            tick = devnet.tick + 3 + number % 4
            to = LiveDevnet.developer((number + 1) % 3).public_key
            amount = FUNDED_QU if number % 7 == 6 else number
            await patiently_sent(rpc, Transaction(keys.public_key, to, amount, tick).signed(subseed=keys.subseed))
        await asyncio.to_thread(devnet.wait_for_tick, devnet.tick + 8, processed=True)
        first, last = (await rpc.tick_info()).initial_tick, (await rpc.last_processed_tick()).tick
        accounts = dict(genesis().accounts)
        for tick in range(first, last + 1):
            found = await rpc.transactions_for_tick(tick)
            replayed = execute(accounts, [one.transaction for one in found], tick=tick)
            assert [one.money_flew for one in found] == [done.money_flew for done in replayed.executed]
            assert {one.transaction.tick for one in found} <= {tick}
            accounts |= replayed.changed
        devnet.set_clock(0)
        for number in range(3):
            keys = LiveDevnet.developer(number)
            assert (await rpc.balance(keys.identity)).balance == accounts[keys.public_key].balance


async def patiently_sent(rpc: QubicRpc, transaction: Transaction) -> None:
    """Send a transaction, or be too late for its tick."""
    with contextlib.suppress(ChainRefused):  # its tick has come before it did
        await rpc.broadcast(transaction.encode())
