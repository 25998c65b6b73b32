"""The life of an escrow that is locked before there is a job, as data."""

from collections.abc import Mapping
from typing import Final

from qubix.schemas.chain import EscrowSource, EscrowStatus

__all__ = ["ALLOWED", "EscrowSource", "EscrowStatus"]

ALLOWED: Final[Mapping[EscrowStatus, frozenset[EscrowStatus]]] = {
    EscrowStatus.AWAITING: frozenset({EscrowStatus.LOCKED, EscrowStatus.REFUNDING, EscrowStatus.REFUNDED}),
    EscrowStatus.LOCKED: frozenset({EscrowStatus.USED, EscrowStatus.REFUNDING, EscrowStatus.REFUNDED}),
    EscrowStatus.USED: frozenset({EscrowStatus.RELEASING, EscrowStatus.RELEASED}),
    EscrowStatus.RELEASING: frozenset({EscrowStatus.RELEASED}),
    EscrowStatus.REFUNDING: frozenset({EscrowStatus.REFUNDED}),
    EscrowStatus.RELEASED: frozenset(),
    EscrowStatus.REFUNDED: frozenset(),
}
