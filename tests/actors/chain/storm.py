"""Everything that a network can do wrong, at once, over many deposits and withdrawals."""

import asyncio
import contextlib
import random
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from qubix.qubic import identity
from qubix.qubic.keys import Keys
from qubix.qubic.transaction import Transaction
from qubix_platform.qubic.rpc import ChainRefused, ChainUnavailable, QubicRpc
from tests.actors.chain.bank import FAST, TICKS_TO_SIGN, Bank, Customer

RATES: Final = {
    "drop": 0.1,
    "relayThenLose": 0.1,
    "timeoutAfterAccepting": 0.03,
    "serverError": 0.05,
    "replicaBehind": 0.1,
    "emptyTick": 0.05,
}
_CUSTOMERS: Final = 10
_AT_ONCE: Final = 25


@dataclass(frozen=True)
class Outcome:
    """What the storm left behind: QU that each customer has in the books and was sent on the chain."""

    deposited: int
    withdrawn: int
    restarts: int


class Storm:
    """Customers deposit and withdraw while the devnet misbehaves and the chain's process is ended and started.

    Args:
        bank: the platform.
        seed: decides everything but the timing.
        deposits: how many, all customers together.
        withdrawals: as many of these.
    """

    def __init__(self, bank: Bank, *, seed: int, deposits: int, withdrawals: int) -> None:
        self._bank = bank
        self._random = random.Random(seed)
        self._seed = seed
        self._deposits = deposits
        self._withdrawals = withdrawals
        self._over = asyncio.Event()

    async def blow(self) -> Outcome:
        """Until every deposit is credited and every withdrawal is where it should be; then compare to the QU."""
        bank = self._bank
        leader = await bank.open()
        customers = [await bank.customer(number=number) for number in range(_CUSTOMERS)]
        payees = [await bank.customer() for _ in customers]
        weather = asyncio.create_task(self._weather())
        restarts = asyncio.create_task(self._restart(leader))
        try:
            deposited = await self._deposit(customers)
            for customer in customers:
                await bank.until_wallet(customer, deposited[customer.user_id], within_s=300)
            withdrawn = await self._withdraw(customers, payees, deposited)
        finally:
            self._over.set()
            await weather
            # The last of the weather may have stopped the ticks that the restarts wait for.
            await bank.ask(bank.devnet.plan)
            count = await restarts
        await bank.until_settled(within_s=300)
        for customer, payee in zip(customers, payees, strict=True):
            assert await bank.wallet(customer) == deposited[customer.user_id] - withdrawn[payee.user_id]
            assert await bank.chain_balance(payee.wallet.identity) == withdrawn[payee.user_id]
        assert await bank.differences() == {}
        assert (await bank.verification()).mismatches == ()
        assert await bank.halt() is None
        return Outcome(sum(deposited.values()), sum(withdrawn.values()), count)

    async def _weather(self) -> None:
        """Another plan every so many ticks; now and then the chain stands still, or a new epoch begins."""
        while not self._over.is_set():
            plan: dict[str, Any] = {
                "seed": self._random.randrange(10**9),
                "rates": RATES,
                "archiveLag": self._random.choice([0, 1, 3, 8]),
                "balanceLag": self._random.choice([0, 2, 10]),
                "replicaLag": self._random.choice([2, 10]),
            }
            await self._bank.ask(partial(self._bank.devnet.plan, **plan))
            tick = await self._bank.tick()
            await self._bank.pass_tick(tick + 60)
            match self._random.randrange(6):
                case 0:
                    await asyncio.to_thread(
                        lambda: self._bank.devnet.begin_epoch(skipped=self._random.randrange(5, 50))
                    )
                case 1:
                    await self._bank.ask(partial(self._bank.devnet.plan, stopped=True))
                    await self._bank.ask(partial(self._bank.devnet.pass_ticks, 3))

    async def _restart(self, leader: Any) -> int:
        """End the chain's process again and again, wherever it is, and start another."""
        count = 0
        while not self._over.is_set():
            await self._bank.pass_tick(await self._bank.tick() + self._random.randrange(80, 200))
            await self._bank.close(leader)
            leader = await self._bank.open()
            count += 1
        return count

    async def _deposit(self, customers: list[Customer]) -> dict[Any, int]:
        sums = dict.fromkeys((customer.user_id for customer in customers), 0)
        todo = [
            (self._random.choice(customers), self._random.randrange(1, 1_000_000), number)
            for number in range(self._deposits)
        ]
        for customer, amount, _ in todo:
            sums[customer.user_id] += amount
        for start in range(0, len(todo), _AT_ONCE):
            await asyncio.gather(
                *(
                    self._pay(customer.wallet, customer.deposit_address, amount, number)
                    for customer, amount, number in todo[start : start + _AT_ONCE]
                )
            )
        return sums

    async def _withdraw(
        self, customers: list[Customer], payees: list[Customer], deposited: dict[Any, int]
    ) -> dict[Any, int]:
        bank = self._bank
        sums = dict.fromkeys((payee.user_id for payee in payees), 0)
        left = dict(deposited)
        asked = []
        for _ in range(self._withdrawals):
            at = self._random.randrange(len(customers))
            customer, payee = customers[at], payees[at]
            most = left[customer.user_id] // 4
            if most < 1:
                continue
            amount = self._random.randrange(1, most + 1)
            left[customer.user_id] -= amount
            sums[payee.user_id] += amount
            asked.append((customer, await bank.withdraw(customer, amount, to=payee.wallet.identity)))
        for customer, withdrawal in asked:
            await bank.until_withdrawn(customer, withdrawal.id, "CONFIRMED", within_s=300)
        return sums

    async def _pay(self, wallet: Keys, destination: str, amount: int, number: int) -> None:
        """As a careful wallet pays: signed again only when the tick is processed and it was not in it."""
        async with QubicRpc(self._bank.devnet.url, policy=FAST) as network:
            while True:
                made = Transaction(
                    source=wallet.public_key,
                    destination=identity.decode(destination),
                    amount=amount,
                    tick=await self._bank.tick() + TICKS_TO_SIGN,
                    payload=number.to_bytes(8, "little"),
                ).signed(subseed=wallet.subseed)
                with contextlib.suppress(ChainUnavailable, ChainRefused):  # it may run all the same: the tick says
                    await network.broadcast(made.encode())
                await self._bank.pass_tick(made.tick)
                if await self._ran(network, made):
                    return

    async def _ran(self, network: QubicRpc, made: Transaction) -> bool:
        while True:
            try:
                found = await network.transactions_for_tick(made.tick)
            except ChainUnavailable:
                await self._bank.pass_tick(await self._bank.tick() + 1)
                continue
            return any(one.transaction.digest() == made.digest() for one in found)
