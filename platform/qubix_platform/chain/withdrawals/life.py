"""What a user is told of the life of the transaction that carries their withdrawal out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from qubix.schemas.chain import WithdrawalStatus, WithdrawalStep
from qubix_platform.chain.transactions.lifecycle import TRIES
from qubix_platform.chain.transactions.states import ChainStatus


@dataclass(frozen=True)
class Moment:
    """When a transaction came to a status, for which tick, and what went wrong."""

    status: ChainStatus
    at: datetime
    tick: int | None
    error: str | None


def status_of(status: ChainStatus, *, tries: int) -> WithdrawalStatus:
    """What a user is told of a transaction's status."""
    match status:
        case ChainStatus.QUEUED | ChainStatus.DROPPED:
            return WithdrawalStatus.DELAYED if tries >= TRIES else WithdrawalStatus.QUEUED
        case ChainStatus.CONFIRMED:
            return WithdrawalStatus.CONFIRMED
        case ChainStatus.FAILED:
            return WithdrawalStatus.RETURNED
        case _:
            return WithdrawalStatus.SENT


def steps_of(life: Sequence[Moment]) -> list[WithdrawalStep]:
    """A transaction's life as that of a withdrawal: each status once for every time that it came to it."""
    steps: list[WithdrawalStep] = []
    tries = 0
    for moment in life:
        tries += moment.status is ChainStatus.SIGNED
        status = status_of(moment.status, tries=tries)
        if not steps or steps[-1].status is not status:
            steps.append(WithdrawalStep(status=status, at=moment.at, tick=moment.tick, reason=moment.error))
    return steps
