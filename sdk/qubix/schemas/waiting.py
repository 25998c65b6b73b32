"""Why a job waits."""

from datetime import datetime

from qubix.schemas.base import WireModel


class ReasonCount(WireModel):
    """One constraint of a job and how many offers it removed."""

    constraint: str
    removed: int
    message: str


class WaitingReport(WireModel):
    """Why a job is not placed: every offer that was looked at is in exactly one of the reasons.

    `suggestions` are changes that would place it, each by itself, the smallest first; `suggestion` is the first.
    """

    considered: int
    reasons: list[ReasonCount]
    summary: str
    suggestion: str | None = None
    suggestions: list[str] = []
    decided_at: datetime | None = None
