"""What to do with a transaction, given what the chain says now. Pure: asking and doing stand elsewhere.

The one rule that must never break: a transaction is not signed again before its tick is processed and it is not in it.
Signed twice, it could be executed twice.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from qubix_platform.chain.transactions.states import ChainStatus, Direction, confirmations

TICKS_AHEAD: Final = 15
"""How far ahead the target tick is: far enough to be relayed, near enough to know soon."""
TRIES: Final = 3
"""So often a dropped transaction is signed again at once; then only after a pause, and its owner is told."""
PAUSE_TICKS: Final = 60
_LONGEST_PAUSE_TICKS: Final = 3600
_FINAL: Final = 3
_FURTHEST: Final = 6


class Step(StrEnum):
    """What is next for a transaction."""

    SIGN = "sign"
    BROADCAST = "broadcast"
    LOOK = "look"
    WAIT = "wait"
    CONFIRM = "confirm"
    FAIL = "fail"
    DROP = "drop"


class Sight(StrEnum):
    """What the archive says of a transaction whose tick is processed for good."""

    MOVED = "moved"
    NOT_MOVED = "not moved"
    ABSENT = "absent"


@dataclass(frozen=True, kw_only=True)
class Life:
    """Where a transaction stands. `tick` is its target, once it is signed."""

    direction: Direction
    status: ChainStatus
    tick: int | None
    not_before_tick: int


@dataclass(frozen=True, kw_only=True)
class ChainTime:
    """Where the chain stands: the tick that it works on, and the last one that its archive has processed."""

    tick: int
    processed: int


def next_step(life: Life, now: ChainTime, sight: Sight | None = None) -> Step:
    """What to do now; LOOK asks to be called again with what the archive shows."""
    match life.status:
        case ChainStatus.QUEUED:
            return Step.SIGN if now.tick >= life.not_before_tick else Step.WAIT
        case ChainStatus.SIGNED | ChainStatus.BROADCAST:
            return _after_signing(life, now, sight)
        case _:
            return Step.WAIT


def _after_signing(life: Life, now: ChainTime, sight: Sight | None) -> Step:
    assert life.tick is not None, "what is signed has a tick"
    if confirmations(tick=life.tick, processed=now.processed) < _FINAL:
        return Step.BROADCAST if life.status is ChainStatus.SIGNED and life.tick > now.tick else Step.WAIT
    match sight:
        case None:
            return Step.LOOK
        case Sight.ABSENT:
            return Step.DROP
        case Sight.NOT_MOVED:
            return Step.FAIL
        case Sight.MOVED:
            # What comes in is confirmed by those who read the ticks, so that it is credited in one place.
            return Step.CONFIRM if life.direction is Direction.OUT else Step.WAIT


def target_tick(now: ChainTime, *, ahead: int, tries: int) -> int:
    """The tick to sign for: `ahead` ticks from now, and further with every try, for a network that is slow to relay."""
    return now.tick + ahead * min(tries + 1, _FURTHEST)


@dataclass(frozen=True)
class Retry:
    """When a dropped transaction is signed again, and whether its owner should hear that it takes longer."""

    not_before_tick: int
    is_late: bool


def after_drop(*, tries: int, now: ChainTime) -> Retry:
    """After `tries` signatures that were all dropped: at once, or after a pause that doubles."""
    if tries < TRIES:
        return Retry(now.tick, is_late=False)
    pause = min(PAUSE_TICKS << min(tries - TRIES, 16), _LONGEST_PAUSE_TICKS)
    return Retry(now.tick + pause, is_late=True)


@dataclass(frozen=True)
class Candidate:
    """A queued transaction that wants its source's money: `id` for the caller, `amount` in QU."""

    id: UUID
    amount: int


def affordable(queue: Collection[Candidate], *, balance: int, on_the_way: int) -> list[Candidate]:
    """Those of the queue, in order, that the source can pay beside what it has signed already.

    A larger one that has to wait does not hold up the smaller ones behind it.
    """
    left = balance - on_the_way
    chosen = []
    for candidate in queue:
        if candidate.amount <= left:
            chosen.append(candidate)
            left -= candidate.amount
    return chosen
