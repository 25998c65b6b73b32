"""A chain transaction as the books know it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from qubix_platform.chain.model import AddressPurpose, Outlay, Purpose
from qubix_platform.chain.transactions.lifecycle import Life
from qubix_platform.chain.transactions.states import ChainStatus, Direction


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A transaction, ours or seen.

    Attributes:
        address_id: the address of ours: who pays an outgoing one, who is paid by an incoming one.
        place: what that address is for, and `index` its number: together they name its key.
        amount: whole QU that leave or arrive, `network_fee` included.
        tries: how often it was signed.
        digest: of the newest signature, as `leg` and `hash`.
    """

    id: UUID
    direction: Direction
    purpose: Purpose
    ref: str
    user_id: UUID | None
    address_id: int
    place: AddressPurpose
    index: int
    source: str
    destination: str
    amount: int
    network_fee: int
    outlays: tuple[Outlay, ...]
    input_type: int
    payload: bytes
    status: ChainStatus
    tries: int
    not_before_tick: int
    tick: int | None
    digest: bytes | None
    leg: int
    hash: str | None
    raw: bytes | None
    confirmations: int
    error: str | None
    created_at: datetime

    @property
    def life(self) -> Life:
        """What decides its next step."""
        return Life(direction=self.direction, status=self.status, tick=self.tick, not_before_tick=self.not_before_tick)


@dataclass(frozen=True, kw_only=True)
class Change:
    """A transition and what goes with it. Fields that are None are left as they are; `error` is always set."""

    expected: ChainStatus
    to: ChainStatus
    tick: int | None = None
    digest: bytes | None = None
    hash: str | None = None
    raw: bytes | None = None
    not_before_tick: int | None = None
    confirmations: int | None = None
    error: str | None = None
    is_late: bool = False


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """A payment to an address of ours, found in a processed tick. `leg` is 0, or its place in a SendMany from 1 on."""

    tick: int
    digest: bytes
    leg: int
    hash: str
    source: str
    amount: int
    public_key: bytes
