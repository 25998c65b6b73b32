"""What of a user's money is held, and for what."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from qubix.schemas.base import WireModel


class HoldKind(StrEnum):
    """What money is held for: a JOB that goes on, an ESCROW for a job to come, a RESERVATION that is prepaid."""

    JOB = "job"
    ESCROW = "escrow"
    RESERVATION = "reservation"


class Hold(WireModel):
    """What one job, escrow or reservation holds of the caller's money now, QU.

    `name` is the job's own, or the reserved machine's worker id. What is not used of it comes back at the end.
    """

    id: UUID
    kind: HoldKind
    name: str | None
    status: str
    amount: int
    since: datetime
