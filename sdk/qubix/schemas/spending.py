"""Limits that users set on their own spending."""

from datetime import datetime
from uuid import UUID

from qubix.schemas.base import Qu, RequestModel, WireModel


class SpendingLimitSet(RequestModel):
    """Limits in QU of the caller's spending in all, or of one API key's (`keyId`). What is left out is not limited.

    `perJob` bounds what one job may cost at most; `perDay` (UTC) and `total` bound what was spent together with what is
    held for jobs that go on.
    """

    key_id: UUID | None = None
    per_job: Qu | None = None
    per_day: Qu | None = None
    total: Qu | None = None


class SpendingLimit(WireModel):
    """Limits in force, and what counts against them: spent today (UTC) and ever, and held for jobs that go on. QU."""

    key_id: UUID | None
    key_name: str | None
    per_job: int | None
    per_day: int | None
    total: int | None
    spent_today: int
    spent: int
    held: int
    updated_at: datetime
