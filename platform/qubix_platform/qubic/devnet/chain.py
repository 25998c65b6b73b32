"""The chain itself: its whole state as a value, and the steps that lead from one state to the next. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from qubix.qubic.transaction import Transaction
from qubix_platform.qubic.devnet.accounts import NOTHING, Account
from qubix_platform.qubic.devnet.execution import Executed, execute

# Nodes keep room for so many ticks ahead, and no transaction for a later one.
TICKS_AHEAD: Final = 1800


@dataclass(frozen=True)
class Interval:
    """The ticks of one epoch, without a gap from `first` to `last`, both included; none yet when `last < first`."""

    epoch: int
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A chain between two ticks.

    Attributes:
        intervals: the ticks that there were, the present epoch's last. Between two epochs ticks are skipped.
        accounts: by public key.
        pending: transactions that wait for their tick, by that tick, in the order of their arrival.
        burned: QU destroyed so far.
    """

    intervals: tuple[Interval, ...]
    accounts: Mapping[bytes, Account]
    pending: Mapping[int, tuple[Transaction, ...]] = field(default_factory=dict)
    burned: int = 0

    @property
    def tick(self) -> int:
        """The last tick that was executed."""
        return self.intervals[-1].last

    @property
    def epoch(self) -> int:
        """The present epoch."""
        return self.intervals[-1].epoch

    @property
    def initial_tick(self) -> int:
        """The first tick of the present epoch."""
        return self.intervals[-1].first

    @property
    def supply(self) -> int:
        """QU in all accounts together."""
        return sum(account.balance for account in self.accounts.values())

    def account(self, address: bytes) -> Account:
        """What is known of an address; an address that nothing was ever sent to is empty."""
        return self.accounts.get(address, NOTHING)

    def holds(self, transaction: Transaction) -> bool:
        """Whether exactly this signed transaction waits for its tick."""
        return transaction in self.pending.get(transaction.tick, ())

    def interval_of(self, tick: int) -> Interval | None:
        """The epoch's interval that a tick lies in; None for a skipped tick and for one that is still to come."""
        return next((interval for interval in self.intervals if interval.first <= tick <= interval.last), None)

    def executed_before(self, lag: int) -> int:
        """The tick that was the last one `lag` executed ticks ago; the first of all when there were not so many."""
        for interval in reversed(self.intervals):
            if interval.last - lag >= interval.first:
                return interval.last - lag
            lag -= interval.last - interval.first + 1
        return self.intervals[0].first


@dataclass(frozen=True)
class Step:
    """One tick.

    Attributes:
        chain: the chain after it.
        executed: the transactions that ran in it.
        changed: the accounts that are different now.
        lost: transactions that never run, for their tick is over.
    """

    chain: Chain
    executed: tuple[Executed, ...]
    changed: Mapping[bytes, Account]
    lost: tuple[Transaction, ...]


def accept(chain: Chain, transaction: Transaction) -> Chain:
    """Have a transaction wait for its tick. One that waits already is the same transaction, not a second one."""
    if chain.holds(transaction):
        return chain
    waiting = (*chain.pending.get(transaction.tick, ()), transaction)
    return replace(chain, pending={**chain.pending, transaction.tick: waiting})


def advance(chain: Chain, *, empty: bool = False) -> Step:
    """Execute the next tick.

    Args:
        chain: before it.
        empty: whether the tick comes without its transactions, as when its leader fails; they never run then.
    """
    tick = chain.tick + 1
    due = chain.pending.get(tick, ())
    outcome = execute(chain.accounts, () if empty else due, tick=tick)
    *earlier, present = chain.intervals
    after = Chain(
        intervals=(*earlier, replace(present, last=tick)),
        accounts={**chain.accounts, **outcome.changed} if outcome.changed else chain.accounts,
        pending={later: waiting for later, waiting in chain.pending.items() if later > tick},
        burned=chain.burned + outcome.burned,
    )
    return Step(after, outcome.executed, outcome.changed, lost=due if empty else ())


def begin_epoch(chain: Chain, *, skipped: int) -> Step:
    """Begin the next epoch. The nodes start anew: the next ticks are skipped, and whatever waited is forgotten.

    Args:
        chain: at the end of its epoch.
        skipped: how many tick numbers are left out, at least 1.
    """
    first = chain.tick + skipped + 1
    after = replace(chain, intervals=(*chain.intervals, Interval(chain.epoch + 1, first, first)), pending={})
    lost = tuple(transaction for waiting in chain.pending.values() for transaction in waiting)
    return Step(after, (), {}, lost)
