"""An escrow that is locked before there is a job."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from qubix_platform.chain.escrows.states import EscrowSource, EscrowStatus


@dataclass(frozen=True, kw_only=True)
class Escrow:
    """An escrow. Amounts in QU; `address_id` and `payer` only where it is paid by transfer."""

    id: UUID
    user_id: UUID
    source: EscrowSource
    amount: int
    paid: int
    status: EscrowStatus
    job_id: UUID | None
    provider_user_id: UUID | None
    provider_amount: int
    refund_amount: int
    address_id: int | None
    payer: str | None
    expires_at: datetime
    created_at: datetime

    @property
    def missing(self) -> int:
        """What it still awaits, QU."""
        return self.amount - self.paid


@dataclass(frozen=True, kw_only=True)
class NewEscrow:
    """An escrow to be made: LOCKED where it comes from the balance, AWAITING a payment from `payer` otherwise."""

    id: UUID
    user_id: UUID
    source: EscrowSource
    amount: int
    lasts: timedelta
    address_id: int | None = None
    payer: str | None = None

    @property
    def status(self) -> EscrowStatus:
        """Where it begins."""
        return EscrowStatus.LOCKED if self.source is EscrowSource.BALANCE else EscrowStatus.AWAITING
