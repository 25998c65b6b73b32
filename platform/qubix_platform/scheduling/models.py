"""What a pass reads and leaves behind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from qubix.schemas.waiting import WaitingReport
from qubix_platform.placement.model import Decisions, Policy, Snapshot


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What a pending job has been told so far.

    Attributes:
        waiting: the last written report, without the moment of its decision.
        told_at: that moment.
        unassignable_since: since when it is marked as unassignable.
    """

    waiting: WaitingReport | None = None
    told_at: datetime | None = None
    unassignable_since: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """The market as the database had it at one moment (`now`, by the database's clock).

    `unreadable` are jobs that wait and cannot be read, with the reason: they are left out, and in nobody's way.
    """

    now: datetime
    snapshot: Snapshot
    standings: dict[UUID, Standing]
    unreadable: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """What a job that waits is to be told: `report`, as of `decided_at`, and whether it is unassignable by now."""

    job_id: UUID
    decided_at: datetime
    report: WaitingReport
    is_unassignable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Pass:
    """One decision with all that it was made from."""

    decided_at: datetime
    policy: Policy
    snapshot: Snapshot
    decisions: Decisions
    duration_us: int
