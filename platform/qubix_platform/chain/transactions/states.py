"""The life of a chain transaction, as data."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

CONFIRMATIONS: Final = 3
"""Its own tick and the two after it are processed: then it is final."""


class Direction(StrEnum):
    """Seen from the platform."""

    IN = "IN"
    OUT = "OUT"


class ChainStatus(StrEnum):
    """Life of a transaction. SEEN is one that came in and is not final yet; a DROPPED one may be signed again."""

    QUEUED = "QUEUED"
    SIGNED = "SIGNED"
    BROADCAST = "BROADCAST"
    SEEN = "SEEN"
    CONFIRMED = "CONFIRMED"
    DROPPED = "DROPPED"
    FAILED = "FAILED"


ALLOWED: Final[Mapping[ChainStatus, frozenset[ChainStatus]]] = {
    ChainStatus.QUEUED: frozenset({ChainStatus.SIGNED, ChainStatus.FAILED}),
    ChainStatus.SIGNED: frozenset(
        {
            ChainStatus.BROADCAST,
            ChainStatus.SEEN,
            ChainStatus.CONFIRMED,
            ChainStatus.FAILED,
            ChainStatus.DROPPED,
        }
    ),
    ChainStatus.BROADCAST: frozenset(
        {ChainStatus.SEEN, ChainStatus.CONFIRMED, ChainStatus.FAILED, ChainStatus.DROPPED}
    ),
    ChainStatus.SEEN: frozenset({ChainStatus.CONFIRMED}),
    ChainStatus.DROPPED: frozenset({ChainStatus.QUEUED}),
    ChainStatus.CONFIRMED: frozenset(),
    ChainStatus.FAILED: frozenset(),
}


def confirmations(*, tick: int, processed: int) -> int:
    """How many of the three confirmations a transaction of `tick` has when `processed` is the last processed tick."""
    return max(0, min(CONFIRMATIONS, processed - tick + 1))
