"""The devnet at work: the chain's present state, its clock, its memory, and what goes wrong with it."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from qubix.qubic import keys
from qubix.qubic.transaction import Transaction
from qubix.wallets import seeds
from qubix_platform.qubic.devnet import chain as chains
from qubix_platform.qubic.devnet.accounts import NOTHING, Account
from qubix_platform.qubic.devnet.admission import admit
from qubix_platform.qubic.devnet.chain import Chain, Step
from qubix_platform.qubic.devnet.faults import Fault, FaultPlan, Misfortune
from qubix_platform.qubic.devnet.genesis import genesis
from qubix_platform.qubic.devnet.repository import Archived, Repository, Search

SHORTEST_TICK_MS: Final = 20
# How many ticks back a lagging balance can be asked for.
_REMEMBERED_TICKS: Final = 1000
_FAULTS: Final = "faults"


@dataclass(frozen=True)
class BalanceView:
    """An account as it was after a tick."""

    account: Account
    tick: int


class Devnet:
    """A chain that runs.

    Args:
        repository: its memory; a fresh one gets the genesis.
        tick_ms: from one tick to the next, at least 20; 0 for a clock that stands still until it is moved by hand.
        seed: of the faults, until a plan is given.
    """

    def __init__(self, repository: Repository, *, tick_ms: int, seed: int = 0) -> None:
        self._repository = repository
        self.tick_ms = tick_ms
        self.chain = self._restored()
        stored = repository.fact(_FAULTS)
        self.misfortune = Misfortune(FaultPlan(seed=seed) if stored is None else FaultPlan.from_json(stored))
        self._before: deque[tuple[int, Mapping[bytes, Account]]] = deque(maxlen=_REMEMBERED_TICKS)
        self._moved = asyncio.Condition()
        self._clock_set = asyncio.Event()

    @property
    def processed_tick(self) -> int:
        """The last tick that the archive knows."""
        return self.chain.executed_before(self.misfortune.plan.archive_lag)

    def archive_view(self, *, subject: str) -> int:
        """The last tick that the replica of the archive knows that answers this query."""
        plan = self.misfortune.plan
        behind = self.misfortune.strikes(Fault.REPLICA_BEHIND, subject=subject)
        return self.chain.executed_before(plan.archive_lag + (plan.replica_lag if behind else 0))

    def balance(self, address: bytes) -> BalanceView:
        """An account as the node that answers knows it: as many ticks ago as the plan says."""
        tick = max(self.chain.executed_before(self.misfortune.plan.balance_lag), self._oldest_known_tick())
        account = self.chain.account(address)
        for changed_in, before in reversed(self._before):
            if changed_in <= tick:
                break
            account = before.get(address, account)
        return BalanceView(account, tick)

    def examine(self, raw: bytes) -> Transaction:
        """The transaction of these bytes, if it can run now.

        Raises:
            InvalidTransaction: it cannot.
        """
        return admit(raw, chain=self.chain)

    def accept(self, transaction: Transaction) -> None:
        """Have an examined transaction wait for its tick. The same one again is not a second one."""
        self._repository.accept(transaction)
        self.chain = chains.accept(self.chain, transaction)

    def pay_from_faucet(self, destination: bytes, amount: int) -> Transaction:
        """Have the faucet pay in the tick after the next.

        Raises:
            InvalidTransaction: the amount is out of bounds.
        """
        faucet = keys.derive(seeds.faucet())
        unsigned = Transaction(
            source=faucet.public_key,
            destination=destination,
            amount=amount,
            tick=self.chain.tick + 2,
            payload=self._next_payment().to_bytes(8, "little"),
        )
        transaction = unsigned.signed(subseed=faucet.subseed)
        self.accept(transaction)
        return transaction

    def archived(self, hash_: str) -> Archived | None:
        """The transaction of this id, when it ran."""
        return self._repository.transaction(hash_)

    def archived_in(self, tick: int) -> list[Archived]:
        """What ran in a tick."""
        return self._repository.transactions_of_tick(tick)

    def search(self, search: Search) -> tuple[int, list[Archived]]:
        """How many transactions fit, and one page of them."""
        return self._repository.transactions_of(search)

    def follow(self, plan: FaultPlan) -> None:
        """Misbehave by this plan from now on, and after a restart."""
        self._repository.remember(_FAULTS, plan.to_json())
        self.misfortune.follow(plan)

    async def advance(self, ticks: int = 1) -> None:
        """Let ticks pass at once, also when the chain is stopped."""
        for _ in range(ticks):
            tick = self.chain.tick + 1
            self._take(chains.advance(self.chain, empty=self.misfortune.strikes(Fault.EMPTY_TICK, subject=str(tick))))
        await self._announce()

    async def begin_epoch(self, *, skipped: int) -> None:
        """Begin the next epoch at once."""
        self._take(chains.begin_epoch(self.chain, skipped=skipped))
        await self._announce()

    async def reached(self, tick: int, *, processed: bool) -> None:
        """Wait until the chain, or its archive, has come to a tick. Ends only then: put a time limit around it."""
        async with self._moved:
            await self._moved.wait_for(lambda: (self.processed_tick if processed else self.chain.tick) >= tick)

    def set_clock(self, tick_ms: int) -> None:
        """Let the next ticks come in this rhythm; 0 for none."""
        self.tick_ms = tick_ms
        self._clock_set.set()

    async def run_clock(self) -> None:
        """Let one tick follow the other, for ever."""
        due = time.monotonic()
        while True:
            self._clock_set.clear()
            due = max(due + self.tick_ms / 1000, time.monotonic())
            if await self._clock_was_set_before(due):
                due = time.monotonic()
            elif not self.misfortune.plan.stopped:
                await self.advance()

    def facts(self) -> dict[str, Any]:
        """What the devnet is like now, as JSON values."""
        chain = self.chain
        return {
            "tick": chain.tick,
            "processedTick": self.processed_tick,
            "epoch": chain.epoch,
            "tickMs": self.tick_ms,
            "supply": str(chain.supply),
            "burned": str(chain.burned),
            "pending": sum(len(waiting) for waiting in chain.pending.values()),
            "faults": self.misfortune.plan.to_json(),
        }

    def close(self) -> None:
        """Let go of the memory."""
        self._repository.close()

    def _restored(self) -> Chain:
        chain = self._repository.load()
        if chain is None:
            chain = genesis()
            self._repository.create(chain)
        return chain

    def _take(self, step: Step) -> None:
        before = {address: self.chain.accounts.get(address, NOTHING) for address in step.changed}
        self._repository.save(step, timestamp_ms=time.time_ns() // 1_000_000)
        self.chain = step.chain
        self._before.append((step.chain.tick, before))

    async def _announce(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def _clock_was_set_before(self, due: float) -> bool:
        """Wait until `due`, or for ever when the clock stands; whether it was set to another rhythm before that."""
        wait = max(0.0, due - time.monotonic()) if self.tick_ms else None
        try:
            async with asyncio.timeout(wait):
                await self._clock_set.wait()
        except TimeoutError:
            return False
        return True

    def _oldest_known_tick(self) -> int:
        return self._before[0][0] - 1 if self._before else self.chain.tick

    def _next_payment(self) -> int:
        """A number that no payment of the faucet had before, so that two equal ones are two transactions."""
        number = int(self._repository.fact("faucet") or 0) + 1
        self._repository.remember("faucet", number)
        return number
